/** Gives the page a microphone that is silent until `speak` is called with a WAV file in base64. */
() => {
  let context;
  let microphone;
  const ready = () => {
    context ??= new AudioContext();
    microphone ??= context.createMediaStreamDestination();
    return microphone.stream;
  };
  if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = async () => ready().clone();
  window.speak = async (wav) => {
    ready();
    const bytes = Uint8Array.from(atob(wav), (letter) => letter.charCodeAt(0));
    const source = context.createBufferSource();
    source.buffer = await context.decodeAudioData(bytes.buffer);
    AudioNode.prototype.connect.call(source, microphone);
    source.start();
    await new Promise((resolve) => (source.onended = resolve));
  };
}
