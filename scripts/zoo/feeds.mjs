// The values of a run as what a library takes.
/** The values of one of a model's runs: { name: { dtype, shape, data } }. */
export async function valuesOf(run) {
  const made = {};
  for (const [name, make] of Object.entries(run)) made[name] = await make();
  return made;
}

const map = (values, convert) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, convert(value)]));

export const ourFeeds = (tensor, values) => map(values, ({ shape, data }) => tensor(data, shape));

export const theirFeeds = (Tensor, values) =>
  map(values, ({ dtype, shape, data }) => {
    return new Tensor(dtype, dtype === 'int64' ? BigInt64Array.from(data, BigInt) : data, shape);
  });
