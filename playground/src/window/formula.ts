/** The output's size as a formula with the numbers in it, the equation of a step, and how numbers are written. */
import type { Config } from './config.ts';
import type { Axis } from './geometry.ts';
import type { WindowStep } from './steps.ts';

const MINUS = '−';
const DECIMALS = 2;

/** A number as cells show it: whole ones as they are, others to two decimals. */
export function shown(value: number): string {
  const text = isRounded(value) ? value.toFixed(DECIMALS) : `${Number(value.toFixed(DECIMALS))}`;
  return text.replace('-', MINUS);
}

/** Whether two decimals do not say all of it. */
export const isRounded = (value: number): boolean =>
  Number.isFinite(value) && Math.abs(value - Number(value.toFixed(DECIMALS))) > 1e-9;

/** All digits. */
export const exact = (value: number): string => `${value}`.replace('-', MINUS);

/** In a product or sum a negative number stands in brackets. */
const operand = (value: number): string => (value < 0 ? `(${shown(value)})` : shown(value));

/** The symbols of the size formula, and the same with numbers. */
export function sizeFormula(config: Config, axis: Axis): { symbols: string; numbers: string } {
  const { input, kernel, stride, dilation, lo, hi, output, outputPadding, same } = axis;
  if (config.operation === 'transposed') {
    return same
      ? { symbols: 'i · s', numbers: `${input} · ${stride} = ${output}` }
      : {
          symbols: `(i ${MINUS} 1) · s ${MINUS} p₁ ${MINUS} p₂ + d · (k ${MINUS} 1) + q + 1`,
          numbers:
            `(${input} ${MINUS} 1) · ${stride} ${MINUS} ${lo} ${MINUS} ${hi} + ` +
            `${dilation} · (${kernel} ${MINUS} 1) + ${outputPadding} + 1 = ${output}`,
        };
  }
  const isCeil = config.operation === 'pool' && config.ceil;
  const [open, close] = isCeil ? ['⌈', '⌉'] : ['⌊', '⌋'];
  const plain = Math.ceil((input + lo + hi - dilation * (kernel - 1) - 1) / stride) + 1;
  const cut = isCeil && plain !== output ? ` ${MINUS} 1` : '';
  return {
    symbols: `${open}(i + p₁ + p₂ ${MINUS} d · (k ${MINUS} 1) ${MINUS} 1) / s${close} + 1${cut}`,
    numbers:
      `${open}(${input} + ${lo} + ${hi} ${MINUS} ${dilation} · (${kernel} ${MINUS} 1) ${MINUS} 1) / ${stride}${close} + 1${cut} = ` +
      `${output}`,
  };
}

/** The equation of a step, a line for each channel where there are several. */
export function equation(config: Config, step: WindowStep): { lines: string[]; total: string } {
  const { terms, partials, divisor, result } = step;
  const { operation, pool, power } = config;
  if (operation === 'pool' && (pool === 'max' || pool === 'min')) {
    const values = terms.map(({ value }) => shown(value)).join(', ');
    return { lines: [`${pool}(${values})`], total: shown(result) };
  }
  if (operation === 'pool') {
    const values = terms.map(({ value }) =>
      pool === 'lp' ? `${operand(value)}${raised(power)}` : operand(value),
    );
    const sum = values.join(' + ') || '0';
    if (pool === 'sum') return { lines: [sum], total: shown(result) };
    if (pool === 'avg') return { lines: [`(${sum}) / ${shown(divisor)}`], total: shown(result) };
    const scaled = divisor === 1 ? sum : `(${sum}) / ${shown(divisor)}`;
    return { lines: [`(${scaled})^(1/${power})`], total: shown(result) };
  }
  const each = terms.length / partials.length;
  const lines = partials.map((_, c) =>
    terms
      .slice(c * each, (c + 1) * each)
      .map(({ value, weight }) => `${operand(value)}×${operand(weight)}`)
      .join(' + '),
  );
  return { lines, total: shown(result) };
}

const POWERS = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸'];
const raised = (power: number): string => POWERS[power] ?? `^${power}`;
