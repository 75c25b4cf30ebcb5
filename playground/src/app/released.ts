/**
 * Redrawing that waits while a button of the mouse is down. What it was pressed on must be there when it is let go, or the click is
 * lost: a number that was typed is taken only when the next control is pressed, and answers of the worker come when they come.
 */

let isDown = false;
const waiting = new Set<() => void>();

/** The click comes in the same task as the release, behind it. */
function release(): void {
  if (!isDown) return;
  setTimeout(() => {
    isDown = false;
    const all = [...waiting];
    waiting.clear();
    for (const redraw of all) redraw();
  });
}

addEventListener(
  'mousedown',
  () => {
    isDown = true;
  },
  true,
);
// A list, a menu and what is dragged away may keep the release to themselves.
for (const name of ['mouseup', 'dragend', 'keydown', 'mousemove', 'change'] as const)
  addEventListener(
    name,
    (event) => {
      if (event instanceof MouseEvent && name === 'mousemove' && event.buttons !== 0) return;
      if (name === 'change' && !(event.target instanceof HTMLSelectElement)) return;
      release();
    },
    true,
  );

/** Redraws at once, or when the mouse is let go: once, however often it was asked for. */
export function whenReleased(redraw: () => void): void {
  if (isDown) waiting.add(redraw);
  else redraw();
}

/** Settles when nothing is pressed. */
export const released = (): Promise<void> => new Promise(whenReleased);
