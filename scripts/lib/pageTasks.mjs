// The tasks of a page in Chromium, from its trace: for how long each one computed, by the clock of the page's thread. What else
// the machine does meanwhile is not in it.

const CATEGORIES = ['devtools.timeline', 'disabled-by-default-devtools.timeline'];

/** Milliseconds that the page's tasks took while `work` ran, the longest first. */
export async function tasksOf(page, work) {
  await page.tracing.start({ categories: CATEGORIES });
  let trace;
  try {
    await work();
  } finally {
    trace = await page.tracing.stop();
  }
  const { traceEvents } = JSON.parse(new TextDecoder().decode(trace));
  // The browser's own pages have threads of the same name, in other processes.
  const url = page.url().split('#')[0];
  const isOfPage = ({ data } = {}) => `${data?.url ?? data?.documentLoaderURL ?? ''}`.startsWith(url);
  const processes = new Set(traceEvents.filter(({ args }) => isOfPage(args)).map(({ pid }) => pid));
  const threads = new Set(
    traceEvents
      .filter(
        ({ name, pid, args }) =>
          name === 'thread_name' && args.name === 'CrRendererMain' && processes.has(pid),
      )
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  return traceEvents
    .filter(({ name, pid, tid }) => name === 'RunTask' && threads.has(`${pid} ${tid}`))
    .map(({ tdur = 0 }) => tdur / 1000)
    .sort((a, b) => b - a);
}
