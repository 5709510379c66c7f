// What a page hears of its calls; both run in the page.

/** Runs in the page before anything else: lets the test hear what the page hears. */
export function eavesdrop() {
  const Real = window.RTCPeerConnection;
  window.connections = [];
  window.RTCPeerConnection = class extends Real {
    constructor(...given) {
      super(...given);
      window.connections.push(this);
      this.addEventListener("track", ({ track }) => {
        window.ears ??= new AudioContext({ sampleRate: 48_000 });
        const stream = new MediaStream([track]);
        // Chromium gives a stream to WebAudio only while an element plays it.
        const element = new Audio();
        element.srcObject = stream;
        element.muted = true;
        void element.play();
        this.ear = new AnalyserNode(window.ears, { fftSize: 4096 });
        window.ears.createMediaStreamSource(stream).connect(this.ear);
      });
    }
  };
}

/** The loudest frequency of what the newest live connection brings. */
export async function heard() {
  const live = window.connections
    .filter((one) => one.ear && one.connectionState === "connected")
    .at(-1);
  if (!live) return { hertz: 0, level: -200, received: 0 };
  // Without a sound card Firefox never begins.
  await Promise.race([
    window.ears.resume(),
    new Promise((later) => setTimeout(later, 500)),
  ]);
  const bins = new Float32Array(live.ear.frequencyBinCount);
  live.ear.getFloatFrequencyData(bins);
  const at = bins.reduce(
    (best, level, index) => (level > bins[best] ? index : best),
    0,
  );
  const stats = [...(await live.getStats()).values()];
  const inbound = stats.find((one) => one.type === "inbound-rtp");
  return {
    hertz: (at * 48_000) / live.ear.fftSize,
    level: Number.isFinite(bins[at]) ? bins[at] : -200,
    received: inbound?.packetsReceived ?? 0,
  };
}
