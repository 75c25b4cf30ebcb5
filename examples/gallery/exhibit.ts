// What a picture of the gallery is.

/** Its file's name, its title, what draws it, and what it shows: with figures that were found while it was drawn. */
export interface Exhibit {
  readonly name: string;
  readonly title: string;
  draw(path: string): Promise<void>;
  caption(): string;
}
