/** The text of docs/operators.md. */
export function operatorsDocument(): Promise<string>;
