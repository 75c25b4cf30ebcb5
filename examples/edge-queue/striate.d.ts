/** wrangler imports files of type Data as their bytes. */
declare module '*.striate' {
  const bytes: ArrayBuffer;
  export default bytes;
}
