// A telephone in a web page: node softphone.mjs URL HOST NUMBER, with the password in SIP_PASSWORD.
// Takes commands as lines, ends with its input, and tells what happens as lines of JSON. Used by tests/interop/browser.rs.
//
// options NUMBER · call NUMBER · answer · hold · unhold · refer NUMBER · dtmf KEYS · hear · hangup · watch NUMBER · unwatch ·
// refuse STATUS · unregister · register
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const [url, host, number] = process.argv.slice(2);
const tell = (event) => console.log(JSON.stringify(event));

const bundled = await build({
  stdin: { contents: 'window.JsSIP = require("jssip")', resolveDir: import.meta.dirname },
  bundle: true,
  format: 'iife',
  write: false,
});

/** What runs in the page. */
function phone({ url, host, number, password }) {
  const ua = new window.JsSIP.UA({
    sockets: [new window.JsSIP.WebSocketInterface(url)],
    uri: `sip:${number}@${host}`,
    password,
    session_timers: false,
    register_expires: 120,
  });
  // It says a tone of 800 Hz, which no telephone of the tests says.
  const audio = new AudioContext({ sampleRate: 48_000 });
  const says = audio.createMediaStreamDestination();
  const tone = new OscillatorNode(audio, { frequency: 800 });
  const loudness = new GainNode(audio, { gain: 0.3 });
  tone.connect(loudness).connect(says);
  tone.start();
  const ear = new AnalyserNode(audio, { fftSize: 4096 });
  const listen = (connection) =>
    connection.addEventListener('track', ({ track }) => {
      const stream = new MediaStream([track]);
      // Chromium gives a stream to WebAudio only while an element plays it.
      const element = new Audio();
      element.srcObject = stream;
      element.muted = true;
      void element.play();
      audio.createMediaStreamSource(stream).connect(ear);
    });
  const media = { mediaStream: says.stream, pcConfig: { iceServers: [] } };
  // JsSIP refuses a change while another is under way.
  const eventually = async (act) => {
    for (let tries = 0; tries < 50 && !act(); tries += 1)
      await new Promise((later) => setTimeout(later, 100));
  };
  const of = (target) => `sip:${target}@${host}`;
  let session;
  let subscriber;
  for (const name of ['connected', 'disconnected', 'registered', 'unregistered', 'registrationFailed'])
    ua.on(name, (data) => window.tell({ event: name, cause: data?.cause }));
  ua.on('newRTCSession', ({ session: made, originator }) => {
    session = made;
    if (made.connection) listen(made.connection);
    else made.on('peerconnection', ({ peerconnection }) => listen(peerconnection));
    for (const name of ['accepted', 'confirmed', 'hold', 'unhold'])
      made.on(name, (data) => window.tell({ event: name, originator: data?.originator }));
    if (originator === 'remote') window.tell({ event: 'incoming' });
    for (const name of ['failed', 'ended'])
      made.on(name, (data) =>
        window.tell({ event: 'ended', cause: data.cause, status: data.message?.status_code }),
      );
  });
  window.commands = {
    options(target) {
      const told = (data) => window.tell({ event: 'options', status: data.response?.status_code });
      ua.sendOptions(of(target), null, { eventHandlers: { succeeded: told, failed: told } });
    },
    call(target) {
      void audio.resume();
      ua.call(of(target), media);
    },
    answer() {
      void audio.resume();
      session.answer(media);
    },
    hold: () => eventually(() => session.hold()),
    unhold: () => eventually(() => session.unhold()),
    refer(target) {
      const told = (event) => () => window.tell({ event });
      session.refer(of(target), {
        eventHandlers: { accepted: told('referred'), failed: told('refer-failed'), requestFailed: told('refer-failed') },
      });
    },
    dtmf(keys) {
      const sender = session.connection.getSenders().find((one) => one.dtmf);
      sender.dtmf.insertDTMF(keys, 120, 80);
    },
    async hear() {
      // The loudest frequency, and how much louder it is than the mean.
      const bins = new Float32Array(ear.frequencyBinCount);
      ear.getFloatFrequencyData(bins);
      const at = bins.reduce((best, level, index) => (level > bins[best] ? index : best), 0);
      const stats = [...(await session.connection.getStats()).values()];
      const inbound = stats.find((one) => one.type === 'inbound-rtp');
      const codec = stats.find((one) => one.id === inbound?.codecId);
      window.tell({
        event: 'heard',
        hertz: (at * audio.sampleRate) / ear.fftSize,
        level: Number.isFinite(bins[at]) ? bins[at] : -200,
        received: inbound?.packetsReceived ?? 0,
        codec: codec?.mimeType,
      });
    },
    hangup: () => session.terminate(),
    watch(target) {
      subscriber = ua.subscribe(of(target), 'dialog', 'application/dialog-info+xml', { expires: 600 });
      subscriber.on('notify', (_final, _request, body) => window.tell({ event: 'notified', body }));
      subscriber.on('terminated', (code, reason) => window.tell({ event: 'unwatched', code, reason }));
      subscriber.subscribe();
    },
    unwatch: () => subscriber.terminate(),
    refuse: (status) => session.terminate({ status_code: Number(status) }),
    unregister: () => ua.unregister(),
    register: () => ua.register(),
  };
  ua.start();
}

const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--ignore-certificate-errors',
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    '--autoplay-policy=no-user-gesture-required',
  ],
});
const page = await browser.newPage({ ignoreHTTPSErrors: true });
page.on('pageerror', (error) => tell({ event: 'fault', error: String(error) }));
page.on('console', (message) => tell({ event: 'console', text: message.text() }));
await page.exposeFunction('tell', tell);
// A page of this machine: others may neither use a microphone nor connect to it.
const pages = createServer((_, answer) => {
  answer.setHeader('Content-Type', 'text/html');
  answer.end('<!doctype html><title>Softphone</title>');
});
await new Promise((listening) => pages.listen(0, '127.0.0.1', listening));
await page.goto(`http://127.0.0.1:${pages.address().port}/`);
await page.addScriptTag({ content: bundled.outputFiles[0].text });
await page.evaluate(phone, { url, host, number, password: process.env['SIP_PASSWORD'] });
for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...given] = line.split(' ');
  await page.evaluate(([name, given]) => window.commands[name](...given), [name, given]);
}
await browser.close();
pages.close();
