/** An ONNX model: y = relu(conv(x, [[0, 1], [2, 3]])), x of shape [1, 1, 3, 3]. */
const TEXT =
  'CAc6cQoTCgF4CgF3EgFhGgAiBENvbnY6AAoQCgFhEgF5GgAiBFJlbHU6ABIFZ3JhcGgqHwgBCAEIAggCEAFCAXdKEAAAAAAAAIA/AAAAQAAAQEBaGwoBeBIWChQIARIQCgIIAQoCCAEKAggDCgIIA2IDCgF5QgQKABAN';

export const MODEL = Uint8Array.from(atob(TEXT), (character) => character.charCodeAt(0));
