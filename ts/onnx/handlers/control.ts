/**
 * Control flow: If runs one of two graphs, Loop one graph again and again, Scan one for each slice of its inputs,
 * SequenceMap one for each tensor of a list. The graph of an If whose condition is known is part of the program around it;
 * the others run between programs.
 */
import { type DType, sameShape } from '../../base/dtype.ts';
import { counted, shapeText } from '../../base/errors.ts';
import { tensor } from '../../ops/create.ts';
import { permute } from '../../ops/permute.ts';
import { emptyTensor, Tensor } from '../../tensor/tensor.ts';
import { sharing, tensorsOf } from '../build.ts';
import type { Call, Value } from '../call.ts';
import type { GraphNode, Handlers } from '../handler.ts';
import { any, body, int, ints, optional, required, sequence, value } from '../row.ts';
import { unchangedFrom } from '../unchanging.ts';
import { dtypeOf, typeName } from '../weights.ts';

const ANY_NUMBER = Number.POSITIVE_INFINITY;

export const control: Handlers = {
  If: {
    inputs: [value('cond')],
    attributes: { then_branch: body, else_branch: body },
    outputs: ANY_NUMBER,
    check: checkBranches,
    build: (call) => call.body(truth(call, 0) ? 'then_branch' : 'else_branch', []),
  },
  Loop: {
    inputs: [optional('M'), optional('cond'), optional({ ...any('v_initial'), variadic: true })],
    attributes: { body },
    outputs: ANY_NUMBER,
    between: true,
    check: checkLoop,
    invariants: loopInvariants,
    build: buildLoop,
  },
  Scan: {
    inputs: [{ ...any('initial_state_and_scan_inputs'), variadic: true }],
    attributes: {
      body,
      num_scan_inputs: required(int()),
      scan_input_axes: ints,
      scan_input_directions: ints,
      scan_output_axes: ints,
      scan_output_directions: ints,
    },
    outputs: ANY_NUMBER,
    between: true,
    check: checkScan,
    build: buildScan,
  },
  SequenceMap: {
    since: 17,
    inputs: [sequence('input_sequence'), optional({ ...any('additional_inputs'), variadic: true })],
    attributes: { body },
    outputs: ANY_NUMBER,
    between: true,
    check: checkMap,
    build: buildMap,
  },
};

function checkBranches({ node, signatures }: GraphNode): string | undefined {
  const [then, otherwise] = [signatures.get('then_branch')!, signatures.get('else_branch')!];
  for (const [name, { inputs, outputs }] of [...signatures]) {
    if (inputs.length > 0) return `${name} has ${counted(inputs.length, 'input')}, must have none`;
    if (outputs.length !== node.outputs.length)
      return `${name} has ${counted(outputs.length, 'output')}, must have ${node.outputs.length} as the node`;
  }
  for (const [i, { type, name }] of then.outputs.entries()) {
    const other = otherwise.outputs[i]!;
    if (type !== 0 && other.type !== 0 && type !== other.type)
      return `its branches disagree: '${name}' is of ${typeName(type)}, '${other.name}' of ${typeName(other.type)}`;
  }
  return undefined;
}

function checkLoop({ node, signatures }: GraphNode): string | undefined {
  const { inputs, outputs } = signatures.get('body')!;
  const carried = Math.max(0, node.inputs.length - 2);
  if (inputs.length !== 2 + carried)
    return `body has ${counted(inputs.length, 'input')}, must have ${2 + carried}: the iteration, the condition, and what the loop carries`;
  if (outputs.length < 1 + carried)
    return `body has ${counted(outputs.length, 'output')}, must have at least ${1 + carried}: the condition, and what the loop carries`;
  if (node.outputs.length > outputs.length - 1)
    return `it has ${counted(node.outputs.length, 'output')}, must have at most ${outputs.length - 1}, as its body gives`;
  return undefined;
}

/** What a loop carries without a change: most exporters hand it what its body reads of the graph around it. */
function loopInvariants({ node, bodies }: GraphNode): Map<string, string> {
  const { proto, makers } = bodies.get('body')!;
  const same = new Map<string, string>();
  node.inputs.slice(2).forEach((name, i) => {
    const [inner, given] = [proto.inputs[2 + i]?.name, proto.outputs[1 + i]?.name];
    if (name === '' || inner === undefined || given === undefined) return;
    if (unchangedFrom(makers, given) === inner) same.set(inner, name);
  });
  return same;
}

function checkScan({ node, signatures }: GraphNode): string | undefined {
  const { inputs, outputs } = signatures.get('body')!;
  const scanned = node.attributes.get('num_scan_inputs')!.int;
  if (scanned < 1 || scanned > node.inputs.length)
    return `num_scan_inputs is ${scanned}, must be from 1 to ${node.inputs.length}, the number of its inputs`;
  const states = node.inputs.length - scanned;
  if (inputs.length !== node.inputs.length)
    return `body has ${counted(inputs.length, 'input')}, must have ${node.inputs.length} as the node`;
  if (outputs.length < Math.max(states, node.outputs.length))
    return `body has ${counted(outputs.length, 'output')}, must have at least ${Math.max(states, node.outputs.length)}`;
  return undefined;
}

/** A condition, which is one value. */
function truth(call: Call, index: number): boolean {
  const known = call.known(index) ?? [];
  if (known.length !== 1) call.fail(`its condition has ${counted(known.length, 'value')}, must have 1`);
  return known[0] !== 0;
}

function buildLoop(call: Call): Value[] {
  const count = call.has(0) ? (call.known(0)?.[0] as number) : ANY_NUMBER;
  let goesOn = !call.has(1) || truth(call, 1);
  let carried = call.values(2).map(sharing);
  const scanned = call.signature('body').outputs.length - 1 - carried.length;
  const turns: Tensor<DType>[][] = Array.from({ length: scanned }, () => []);
  const [iteration, condition] = call
    .signature('body')
    .inputs.map(({ shape }) => (shape?.length === 1 ? [1] : []));
  for (let turn = 0; turn < count && goesOn; turn++) {
    const own = [
      tensor([turn], iteration as number[], { dtype: 'int32' }),
      tensor([1], condition as number[], { dtype: 'uint8' }),
    ];
    const [next, ...results] = call.body('body', [...own, ...carried]);
    goesOn = (next as Tensor<DType>).data[0] !== 0;
    const before = carried;
    carried = results.slice(0, before.length);
    checkTypes(call, before, carried);
    for (const [i, parts] of turns.entries()) parts.push(results[before.length + i] as Tensor<DType>);
    for (const one of [...own, next as Value, ...before]) for (const part of tensorsOf(one)) part.dispose();
  }
  const empty = call.signature('body').outputs.slice(1 + carried.length);
  const stacks = turns.map((parts, i) => {
    const { type, shape } = empty[i]!;
    const sizes = (shape ?? []).map((size) => (typeof size === 'number' ? size : 0));
    return parts.length === 0
      ? emptyTensor('Loop', [0, ...sizes], dtypeOf(type) ?? 'float32')
      : stacked(call, parts);
  });
  return [...carried, ...stacks];
}

/** What is carried keeps its dtype. */
function checkTypes(call: Call, before: readonly Value[], after: readonly Value[]): void {
  after.forEach((value, i) => {
    const was = before[i] as Value;
    const differ = value instanceof Tensor !== was instanceof Tensor;
    const [from, to] = [was, value].map((one) => (one instanceof Tensor ? one.dtype : 'a sequence'));
    if (differ || from !== to)
      call.fail(
        `value ${i} that it carries is ${from} before a turn and ${to} after it, must stay what it is`,
      );
  });
}

/** Tensors of one shape behind each other along a new first axis; they are disposed. */
function stacked(call: Call, parts: readonly Tensor<DType>[]): Tensor<DType> {
  const [{ shape, dtype, size }] = parts as [Tensor<DType>];
  const whole = emptyTensor('Loop', [parts.length, ...shape], dtype);
  parts.forEach((part, i) => {
    if (part.dtype !== dtype || !sameShape(part, { shape }))
      call.fail(
        `turn ${i} gives ${part.dtype} ${shapeText(part.shape)} to an output, must give ${dtype} ${shapeText(shape)} as turn 0`,
      );
    whole.data.set(part.data, i * size);
    part.dispose();
  });
  return whole;
}

function buildScan(call: Call): Value[] {
  const inputs = call.values(0);
  const scanned = call.int('num_scan_inputs');
  let states = inputs.slice(0, inputs.length - scanned).map(sharing);
  const axes = call.perAxis('scan_input_axes', scanned, 0);
  const backward = call.perAxis('scan_input_directions', scanned, 0);
  const sources = inputs.slice(states.length).map((value, i) => frontAxis(call, value, axes[i] as number));
  const length = sources[0]?.shape[0] as number;
  for (const { shape } of sources)
    if (shape[0] !== length) call.fail(`its inputs have ${length} and ${shape[0]} slices, must have as many`);
  const outputs = call.signature('body').outputs.length - states.length;
  const turns: Tensor<DType>[][] = Array.from({ length: outputs }, () => []);
  for (let turn = 0; turn < length; turn++) {
    const slices = sources.map((source, i) => sliceOf(source, backward[i] === 0 ? turn : length - 1 - turn));
    const results = call.body('body', [...states, ...slices]);
    const before = states;
    states = results.slice(0, before.length);
    for (const [i, parts] of turns.entries()) parts.push(results[before.length + i] as Tensor<DType>);
    for (const one of [...slices, ...before]) for (const part of tensorsOf(one)) part.dispose();
  }
  if (length === 0 && outputs > 0) call.fail('its inputs have no slices, must have at least 1');
  const outAxes = call.perAxis('scan_output_axes', outputs, 0);
  const outBackward = call.perAxis('scan_output_directions', outputs, 0);
  const stacks = turns.map((parts, i) => {
    const whole = stacked(call, outBackward[i] === 0 ? parts : parts.reverse());
    const rank = whole.shape.length;
    const axis = call.axis(outAxes[i] as number, rank, 'scan_output_axes');
    if (axis === 0) return whole;
    const order = Array.from({ length: rank }, (_, d) => (d < axis ? d + 1 : d === axis ? 0 : d));
    return permute(whole, order);
  });
  return [...states, ...stacks];
}

function checkMap({ node, signatures }: GraphNode): string | undefined {
  const { inputs, outputs } = signatures.get('body')!;
  if (inputs.length !== node.inputs.length)
    return `body has ${counted(inputs.length, 'input')}, must have ${node.inputs.length} as the node`;
  if (outputs.length < node.outputs.length)
    return `body has ${counted(outputs.length, 'output')}, must have at least ${node.outputs.length}`;
  return undefined;
}

/** Further lists go beside the first, tensor by tensor; a tensor is given to each turn. */
function buildMap(call: Call): Value[] {
  const given = call.values(0);
  const { length } = given[0] as readonly Tensor<DType>[];
  given.forEach((value, i) => {
    if (value instanceof Tensor || value.length === length) return;
    call.fail(
      `input ${i} has ${counted(value.length, 'tensor')}, must have ${length} as input_sequence, or be a tensor`,
    );
  });
  const lists: Tensor<DType>[][] = call.signature('body').outputs.map(() => []);
  for (let turn = 0; turn < length; turn++) {
    const own = given.map((value) => (value instanceof Tensor ? value : (value[turn] as Tensor<DType>)));
    call.body('body', own).forEach((result, i) => {
      if (!(result instanceof Tensor)) call.fail(`its body gives a sequence, must give tensors`);
      lists[i]?.push(result);
    });
  }
  return lists;
}

/** With the axis that is scanned in front. */
function frontAxis(call: Call, value: Value, axis: number): Tensor<DType> {
  const x = value as Tensor<DType>;
  const rank = x instanceof Tensor ? x.shape.length : 0;
  if (rank === 0) call.fail('a scanned input must be a tensor with at least one axis');
  const front = call.axis(axis, rank, 'scan_input_axes');
  const others = Array.from({ length: rank }, (_, d) => d).filter((d) => d !== front);
  return front === 0 ? x : permute(x, [front, ...others]);
}

/** Slice `index` of the first axis. */
function sliceOf(source: Tensor<DType>, index: number): Tensor<DType> {
  const part = emptyTensor('Scan', source.shape.slice(1), source.dtype);
  part.data.set(source.data.subarray(index * part.size, (index + 1) * part.size));
  return part;
}
