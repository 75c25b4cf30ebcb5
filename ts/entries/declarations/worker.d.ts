/**
 * The file of `init({ workerUrl })`, to be hosted and not to be imported: it takes its orders as the script of a worker.
 * Its address is `import.meta.resolve('striate/worker.js')`, or what the bundler gives for `?url`.
 */
export {};
