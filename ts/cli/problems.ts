/** What a command says when it cannot go on: one line on standard error, and the exit code. */

/** It was called wrongly: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** It went wrong: exit code 1. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** What was thrown, in one line. */
export function lineOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.replaceAll(/\s*\n\s*/g, ' ');
}
