/** A folder with the packed package in applications, among the tools that build them. */
export class Place {
  constructor(tools: string);
  readonly tools: string;
  install(): Promise<void>;
  remove(): void;
}
export function toolsFolder(): Promise<string>;
