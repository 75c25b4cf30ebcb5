/** The two languages of the interface. Each part has its own words; both languages have the same keys. */

export const LANGUAGES = { en: 'English', zh: '中文' } as const;
export type Language = keyof typeof LANGUAGES;

/** The words of a part in both languages. */
export type Words<T> = {
  readonly en: T;
  readonly zh: { readonly [K in keyof T]: T[K] extends string ? string : T[K] };
};

/** The language that a text asks for, else the browser's. */
export function languageOf(text: string | null, preferred: readonly string[]): Language {
  if (text !== null && text in LANGUAGES) return text as Language;
  return preferred.some((one) => one.toLowerCase().startsWith('zh')) &&
    !preferred[0]?.toLowerCase().startsWith('en')
    ? 'zh'
    : 'en';
}
