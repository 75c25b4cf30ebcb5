import path from 'node:path';

/** What the route imports from lies beside the application. */
export default { turbopack: { root: path.join(import.meta.dirname, '..') } };
