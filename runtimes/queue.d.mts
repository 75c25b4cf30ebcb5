/** What R2 tells of an object. */
export interface Stored {
  readonly key: string;
  readonly size: number;
  readonly eTag: string;
}
export interface Queue {
  /** Puts a picture into R2, of which the queue is told. */
  put(key: string, bytes: Uint8Array): Promise<Stored>;
  /** Tells the queue once more. */
  tell(object: Stored): Promise<void>;
  /** The rows that a query of D1 gives. */
  rows<Row>(query: string): Promise<Row[]>;
  /** The JSON that the Worker answers. */
  ask<Answer>(address: string): Promise<Answer>;
  readonly processes: number[];
}
export function withQueue<T>(folder: string, entry: string, use: (queue: Queue) => Promise<T>): Promise<T>;
