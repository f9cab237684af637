// SPDX-License-Identifier: BSD-2-Clause
// Node: objects, buffers, streams, compression, workers, child processes; output never changes.
'use strict';
const assert = require('assert');
const {execFileSync} = require('child_process');
const crypto = require('crypto');
const events = require('events');
const fs = require('fs');
const http = require('http');
const os = require('os');
const path = require('path');
const vm = require('vm');
const zlib = require('zlib');
const {Worker, isMainThread, parentPort, workerData} = require('worker_threads');

const digest = (data) => crypto.createHash('sha256').update(data).digest('hex').slice(0, 16);

function collections() {
  const map = new Map();
  for (let i = 0; i < 100000; i++) map.set(`key${i}`, i * i % 1009);
  for (let i = 0; i < 100000; i += 3) map.delete(`key${i}`);
  console.log(map.size, [...map.values()].reduce((a, b) => a + b));
  const list = Array.from({length: 50000}, (_, i) => ({id: i, rank: i * 7919 % 5003}));
  list.sort((a, b) => a.rank - b.rank || a.id - b.id);
  console.log(list[0], list[49999], digest(JSON.stringify(list)));
  const words = Array.from({length: 30000}, (_, i) => `word${i % 613}`).join(' ');
  console.log(words.match(/\w+/g).length, digest(words.replace(/(\w+?)(\d+)/g, '$2-$1')));
  let big = 1n;
  for (let i = 1n; i < 1500n; i++) big *= i;
  console.log(big.toString().length, digest(big.toString()));
  console.log(vm.runInNewContext('Array(1000).fill(x).reduce((a, b) => a + b)', {x: 3}));
}

function buffers() {
  const all = [];
  for (let i = 0; i < 3000; i++) all.push(Buffer.alloc(i * 3, i & 255));
  const joined = Buffer.concat(all);
  console.log(joined.length, digest(joined));
  for (const name of ['deflate', 'gzip', 'brotliCompress']) {
    const back = {deflate: 'inflate', gzip: 'gunzip', brotliCompress: 'brotliDecompress'}[name];
    const small = joined.subarray(0, 300000);
    const packed = zlib[`${name}Sync`](small);
    console.log(name, packed.length < 100000, zlib[`${back}Sync`](packed).equals(small));
  }
  const key = Buffer.alloc(32, 7), iv = Buffer.alloc(16, 9);
  const cipher = crypto.createCipheriv('aes-256-cbc', key, iv);
  console.log(digest(Buffer.concat([cipher.update(joined.subarray(0, 100000)), cipher.final()])));
  console.log(crypto.pbkdf2Sync('password', 'salt', 1000, 32, 'sha512').toString('hex'));
  console.log(new Float64Array(1000).map((_, i) => i / 4).reduce((a, b) => a + b));
}

function files() {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'uma-node-'));
  for (let i = 0; i < 200; i++) fs.writeFileSync(path.join(root, `f${i}`), 'x'.repeat(i * 20));
  console.log(fs.readdirSync(root).reduce((sum, f) => sum + fs.statSync(path.join(root, f)).size, 0));
  fs.rmSync(root, {recursive: true});
  const child = ['-e', 'console.log([1,2,3].map(x => x * 2).join())'];
  console.log(execFileSync(process.execPath, child).toString().trim());
}

async function workers() {
  const answers = await Promise.all([1, 2, 3, 4].map((n) => new Promise((resolve, reject) => {
    const worker = new Worker(__filename, {workerData: n});
    worker.once('message', resolve);
    worker.once('error', reject);
  })));
  console.log(answers.join());
  const server = http.createServer((request, response) => request.pipe(response));
  server.listen(0, '127.0.0.1');
  await events.once(server, 'listening');
  const {port} = server.address();
  const echo = (body) => new Promise((resolve, reject) => {
    const request = http.request({host: '127.0.0.1', port, method: 'POST', agent: false}, (r) => {
      const parts = [];
      r.on('data', (part) => parts.push(part)).on('end', () => resolve(Buffer.concat(parts)));
    });
    request.on('error', reject).end(body);
  });
  const bodies = Array.from({length: 40}, (_, i) => Buffer.alloc(i * 3000, i));
  const echoed = await Promise.all(bodies.map(echo));
  assert.deepStrictEqual(echoed, bodies);
  console.log(digest(Buffer.concat(echoed)));
  server.close();
}

if (isMainThread) {
  collections();
  buffers();
  files();
  workers().then(() => console.log('end of workout'));
} else {
  const junk = Array.from({length: 20000}, (_, i) => ({i, s: `${i}`.repeat(3)}));
  parentPort.postMessage(workerData * junk.reduce((sum, o) => sum + o.s.length, 0));
}
