// tus-js-client, unmodified, against a running Holdall: uploads that come in parts.
//
// Reads {url, keys: {service, alice}, grant: a token to upload given/signed.bin} as JSON from stdin and writes
// {checks: [{name, error}]} to stdout. The bucket `parts` takes at most 6,000,000 bytes.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'

import * as tus from 'tus-js-client'

const { url, keys, grant } = JSON.parse(await text(process.stdin))
const checks = []
const check = (name, run) => checks.push({ name, run })

const content = Buffer.alloc(3_000_000, (n) => n)
for (let place = 0; place < content.length; place += 1) content[place] = (place * 31) % 251
const sum = (bytes) => createHash('sha256').update(bytes).digest('hex')
const service = { Authorization: `Bearer ${keys.service}` }

// Starts an upload; `done` ends with it, or with its error.
function upload(body, objectName, options = {}) {
  let started
  const done = new Promise((resolve, reject) => {
    started = new tus.Upload(body, {
      endpoint: `${url}/upload/resumable`,
      chunkSize: 1 << 20,
      retryDelays: [0, 10],
      headers: service,
      removeFingerprintOnSuccess: true,
      metadata: { bucketName: 'parts', objectName, contentType: 'text/x-parts', cacheControl: '7', metadata: '{"k":"ü"}' },
      onSuccess: resolve,
      onError: reject,
      ...options,
    })
    started.start()
  })
  return { started, done }
}

async function stored(path, bucket = 'parts') {
  const answer = await fetch(`${url}/object/${bucket}/${encodeURI(path)}`, { headers: service })
  return answer.status === 200 ? { type: answer.headers.get('content-type'), sum: sum(Buffer.from(await answer.arrayBuffer())) } : answer.status
}

const refusedWith = (status) => (error) => error.originalResponse?.getStatus() === status

check('in parts', async () => {
  const steps = []
  await upload(content, 'dir/ü 1.bin', { onChunkComplete: (_, sent) => steps.push(sent) }).done
  assert.deepEqual(steps, [1 << 20, 2 << 20, content.length])
  assert.deepEqual(await stored('dir/ü 1.bin'), { type: 'text/x-parts', sum: sum(content) })
  const info = await (await fetch(`${url}/object/info/parts/${encodeURI('dir/ü 1.bin')}`, { headers: service })).json()
  assert.deepEqual([info.metadata, info.cache_control], [{ k: 'ü' }, 'max-age=7'])
})

check('with the first bytes at once, and with no known length', async () => {
  await upload(content, 'at once', { uploadDataDuringCreation: true }).done
  await upload(Readable.from([content]), 'unknown', { uploadLengthDeferred: true }).done
  await upload(Buffer.alloc(0), 'empty').done
  for (const path of ['at once', 'unknown']) assert.equal((await stored(path)).sum, sum(content))
  assert.equal((await stored('empty')).sum, sum(''))
})

check('stopped, unseen, and gone on with by another', async () => {
  const first = await new Promise((resolve, reject) => {
    const { started } = upload(content, 'later', {
      onChunkComplete: () => started.abort().then(() => resolve(started.url)),
      onError: reject,
    })
  })
  assert.equal(await stored('later'), 404)
  let sent = 0
  await upload(content, 'later', { uploadUrl: first, onChunkComplete: (size) => (sent += size) }).done
  assert.equal(sent, content.length - (1 << 20))
  assert.equal((await stored('later')).sum, sum(content))
})

check('thrown away', async () => {
  const address = await new Promise((resolve, reject) => {
    const { started } = upload(content, 'never', {
      onChunkComplete: () => started.abort(true).then(() => resolve(started.url), reject),
      onError: reject,
    })
  })
  const asked = await fetch(address, { method: 'HEAD', headers: { ...service, 'tus-resumable': '1.0.0' } })
  assert.ok([404, 410].includes(asked.status))
  assert.equal(await stored('never'), 404)
})

check('over what is there only when asked', async () => {
  await upload(Buffer.from('1'), 'taken').done
  await assert.rejects(upload(Buffer.from('2'), 'taken').done, refusedWith(409))
  await upload(Buffer.from('3'), 'taken', { headers: { ...service, 'x-upsert': 'true' } }).done
  assert.equal((await stored('taken')).sum, sum('3'))
})

check('what is refused', async () => {
  await assert.rejects(upload(Buffer.alloc(7_000_000), 'large').done, refusedWith(413))
  const alice = { Authorization: `Bearer ${keys.alice}` }
  await assert.rejects(upload(content, 'not hers', { headers: alice }).done, refusedWith(403))
  await assert.rejects(upload(content, 'nobody', { headers: {} }).done, refusedWith(403))
  const metadata = { bucketName: 'none', objectName: 'a' }
  await assert.rejects(upload(content, 'a', { metadata }).done, refusedWith(404))
})

check('with a token to upload', async () => {
  const signed = { endpoint: `${url}/upload/resumable/sign`, headers: { 'x-signature': grant } }
  const metadata = { bucketName: 'given', objectName: 'signed.bin' }
  await upload(content, '', { ...signed, metadata }).done
  assert.equal((await stored('signed.bin', 'given')).sum, sum(content))
  const other = { bucketName: 'given', objectName: 'other.bin' }
  await assert.rejects(upload(content, '', { ...signed, metadata: other }).done, refusedWith(400))
})

const results = []
for (const { name, run } of checks) {
  try {
    await run()
    results.push({ name, error: null })
  } catch (error) {
    results.push({ name, error: String(error.stack) })
  }
}
process.stdout.write(JSON.stringify({ checks: results }))
