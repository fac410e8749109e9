/** The globals of an AudioWorkletGlobalScope that our worklets use; TypeScript's lib has none. */

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

declare const sampleRate: number;
/** Seconds. */
declare const currentTime: number;
