// @ts-check
/** The sound of the next call, made ready before its tap: no first word is lost while it starts. */

/** @type {AudioContext | null} */
let ready = null;

/**
 * Make a context that sleeps, and has what will run in it.
 * @param {string[]} worklets their addresses
 */
export async function prepareSound(worklets) {
  if (ready || !("AudioContext" in globalThis)) return;
  const context = new AudioContext();
  ready = context;
  void context.suspend().catch(() => {});
  try {
    await Promise.all(worklets.map((worklet) => context.audioWorklet?.addModule(worklet)));
  } catch {
    // A module that could not be fetched is not fetched again in the same context.
    if (ready !== context) return;
    ready = null;
    void context.close();
  }
}

/** A context for one call, to be closed at its end. @returns {AudioContext} */
export function takeSound() {
  const context = ready ?? new AudioContext();
  ready = null;
  return context;
}
