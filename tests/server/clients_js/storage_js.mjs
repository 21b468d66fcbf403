// Every method of Supabase's client for JavaScript, unmodified, against a running Holdall.
//
// Reads {url, keys: {service, alice, bob, anon}, picture: a PNG of 80 x 40 in base64} as JSON from stdin and writes one JSON object to stdout:
// {checks: [{name, error}], methods: [names that were called], unused: [names that were not]}.

import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'

import { StorageClient } from '@supabase/storage-js'

const { url, keys, picture } = JSON.parse(await text(process.stdin))
const seen = new Set()
const checks = []
const check = (name, run) => checks.push({ name, run })

const RLS = 'new row violates row-level security policy'
const MISSING = { status: 404, code: 'NoSuchKey', message: 'Object not found' }
const NO_BUCKET = { status: 404, code: 'NoSuchBucket', message: 'Bucket not found' }
const TAKEN = { status: 409, code: 'KeyAlreadyExists', message: 'The resource already exists' }

// Remembers which methods were called, without touching the client.
function watched(object) {
  return new Proxy(object, {
    get(target, name) {
      const value = target[name]
      if (typeof value !== 'function') return value
      return (...args) => {
        seen.add(String(name))
        return value.apply(target, args)
      }
    },
  })
}

function person(token) {
  const headers = token ? { apikey: keys.anon, Authorization: `Bearer ${token}` } : {}
  const client = new StorageClient(url, headers)
  return { buckets: watched(client), from: (bucket) => (seen.add('from'), watched(client.from(bucket))), client }
}

const service = person(keys.service)
const alice = person(keys.alice)
const bob = person(keys.bob)
const anon = person(keys.anon)
const nobody = person(null)

async function done(promise) {
  const { data, error } = await promise
  assert.equal(error, null)
  return data
}

// What the client tells of a refusal.
async function refused(promise, expected) {
  const { data, error } = await promise
  assert.ok(error, 'it was not refused')
  assert.ok(data === null || data === false)
  assert.equal(error.name, 'StorageApiError')
  assert.equal(error.statusCode, String(error.status))
  const { status, code, message } = error
  assert.deepEqual({ status, code, message }, { code, message, ...expected })
}

async function bucket(name, options) {
  assert.equal((await done(service.buckets.createBucket(name, options))).name, name)
  return service.from(name)
}

const bytes = async (promise) => Buffer.from(await (await done(promise)).arrayBuffer())
const sizeOf = async (png) => {
  const head = Buffer.from(await png.arrayBuffer())
  return [head.readUInt32BE(16), head.readUInt32BE(20)]
}
const content = Buffer.from(Array.from({ length: 2560 }, (_, n) => n % 256))

check('buckets come and go', async () => {
  const { buckets } = service
  const options = { public: true, fileSizeLimit: '1KB', allowedMimeTypes: ['text/plain'] }
  await done(buckets.createBucket('b1', options))
  const made = await done(buckets.getBucket('b1'))
  assert.deepEqual([made.name, made.public, made.file_size_limit, made.owner], ['b1', true, 1000, ''])
  assert.deepEqual(made.allowed_mime_types, ['text/plain'])
  assert.match(made.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  const listed = await done(buckets.listBuckets({ limit: 1, offset: 0, search: 'B1', sortColumn: 'name', sortOrder: 'desc' }))
  assert.deepEqual(listed, [made])
  assert.ok((await done(buckets.listBuckets())).length >= 1)
  assert.deepEqual(await done(buckets.updateBucket('b1', { public: false, fileSizeLimit: null })), {
    message: 'Successfully updated',
  })
  assert.equal((await done(buckets.getBucket('b1'))).file_size_limit, null)
  await done(service.from('b1').upload('a.txt', 'x', { contentType: 'text/plain' }))
  await refused(buckets.deleteBucket('b1'), {
    status: 409, code: 'ResourceNotEmpty', message: 'The bucket you tried to delete is not empty',
  })
  assert.deepEqual(await done(buckets.emptyBucket('b1')), { message: 'Successfully emptied' })
  assert.deepEqual(await done(buckets.deleteBucket('b1')), { message: 'Successfully deleted' })
  await refused(buckets.getBucket('b1'), NO_BUCKET)
})

check("buckets are the service's", async () => {
  await bucket('b2')
  await refused(service.buckets.createBucket('b2'), { status: 409, code: 'BucketAlreadyExists' })
  await refused(service.buckets.createBucket(' a'), { status: 400, code: 'InvalidBucketName', message: 'Bucket name invalid' })
  for (const { buckets } of [alice, anon]) {
    assert.deepEqual(await done(buckets.listBuckets()), [])
    await refused(buckets.getBucket('b2'), NO_BUCKET)
    await refused(buckets.createBucket('b3'), { status: 403, code: 'AccessDenied', message: RLS })
    await refused(buckets.updateBucket('b2', { public: true }), NO_BUCKET)
    await refused(buckets.deleteBucket('b2'), NO_BUCKET)
    await refused(buckets.emptyBucket('b2'), { status: 403, code: 'AccessDenied' })
  }
  await refused(nobody.buckets.listBuckets(), { status: 403, code: 'AccessDenied', message: 'Invalid Compact JWS' })
})

check('uploads of every kind of body', async () => {
  const files = await bucket('forms')
  const form = new FormData()
  form.append('note', 'a field')
  form.append('picture', new Blob([content], { type: 'image/png' }), 'p.png')
  const array = content.buffer.slice(content.byteOffset, content.byteOffset + content.length)
  const bodies = {
    buffer: content,
    blob: new Blob([content]),
    file: new File([content], 'f.bin'),
    form,
    array,
    view: new Uint8Array(array),
    web: new Blob([content]).stream(),
    node: Readable.from([content.subarray(0, 1000), content.subarray(1000)]),
  }
  for (const [name, body] of Object.entries(bodies)) {
    const stored = await done(files.upload(`ü ${name}/a.bin`, body))
    assert.deepEqual([stored.path, stored.fullPath], [`ü ${name}/a.bin`, `forms/ü ${name}/a.bin`])
    assert.match(stored.id, /^[0-9a-f-]{36}$/)
    assert.deepEqual(await bytes(files.download(stored.path)), content)
  }
  await done(files.upload('text', 'ä'))
  await done(files.upload('query', new URLSearchParams({ a: 'b' })))
  assert.equal((await bytes(files.download('text'))).toString(), 'ä')
  assert.equal((await bytes(files.download('query'))).toString(), 'a=b')
  const { data: stream } = await files.download('buffer-none').asStream()
  assert.equal(stream, null)
  assert.equal(await text(await done(files.download('text').asStream())), 'ä')
})

check('uploads say what they are', async () => {
  const files = await bucket('told')
  const options = { contentType: 'image/x-made-up', cacheControl: '60', metadata: { camera: 'ü', n: 1 } }
  await done(files.upload('raw', content, options))
  await done(files.upload('form', new Blob([content], { type: 'image/x-made-up' }), options))
  for (const path of ['raw', 'form']) {
    const info = await done(files.info(path))
    assert.deepEqual(
      [info.name, info.size, info.contentType, info.cacheControl, info.metadata],
      [path, 2560, 'image/x-made-up', 'max-age=60', { camera: 'ü', n: 1 }],
    )
    for (const field of ['id', 'version', 'bucketId', 'etag', 'lastModified', 'createdAt']) assert.ok(info[field], field)
  }
  assert.equal((await done(files.info('raw'))).metadata.n, 1)
  assert.equal(await done(files.exists('raw')), true)
  await refused(files.exists('none'), MISSING)
  await assert.rejects(service.from('none').exists('a'), { status: 404, code: 'NoSuchBucket' })
})

check('what is taken stays unless asked', async () => {
  const files = await bucket('taken')
  await done(files.upload('a', '1'))
  await refused(files.upload('a', '2'), TAKEN)
  await done(files.upload('a', '3', { upsert: true }))
  assert.equal((await bytes(files.download('a'))).toString(), '3')
  await done(files.update('a', '4', { contentType: 'text/csv' }))
  assert.equal((await bytes(files.download('a'))).toString(), '4')
  assert.equal((await done(files.info('a'))).contentType, 'text/csv')
})

check('limits of buckets', async () => {
  const files = await bucket('small', { public: false, fileSizeLimit: 10, allowedMimeTypes: ['text/*'] })
  const large = { status: 413, code: 'EntityTooLarge', message: 'The object exceeded the maximum allowed size' }
  await refused(files.upload('a', 'x'.repeat(11)), large)
  await refused(files.upload('a', new Blob(['x'.repeat(11)], { type: 'text/plain' })), large)
  await refused(files.upload('a', 'x', { contentType: 'image/png' }), {
    status: 415, code: 'InvalidMimeType', message: 'mime type image/png is not supported',
  })
  await refused(files.upload('a\x01b', 'x'), { status: 400, code: 'InvalidKey' })
  await refused(service.from('none').upload('a', 'x'), NO_BUCKET)
  assert.deepEqual(await done(files.list()), [])
})

check('downloads and what is missing', async () => {
  const files = await bucket('reads')
  await done(files.upload('a.txt', 'hello'))
  assert.equal((await bytes(files.download('a.txt', { cacheNonce: '1' }))).toString(), 'hello')
  assert.equal((await bytes(files.download('a.txt', {}, { cache: 'no-store' }))).toString(), 'hello')
  await refused(files.download('none'), MISSING)
  await refused(files.info('none'), MISSING)
  await refused(service.from('none').download('a.txt'), NO_BUCKET)
  for (const { from } of [alice, anon, nobody]) {
    await refused(from('reads').download('a.txt'), MISSING)
    await refused(from('reads').info('a.txt'), MISSING)
    await refused(from('reads').exists('a.txt'), MISSING)
  }
  service.client.throwOnError()
  await assert.rejects(service.client.getBucket('none'), { status: 404, code: 'NoSuchBucket' })
  service.client.shouldThrowOnError = false
  seen.add('throwOnError')
  const headed = watched(new StorageClient(url).setHeader('Authorization', `Bearer ${keys.service}`))
  assert.equal((await done(headed.getBucket('reads'))).name, 'reads')
  seen.add('setHeader')
})

check('listings', async () => {
  const files = await bucket('lists')
  for (const path of ['a/1.txt', 'a/2.txt', 'a/deep/3.txt', 'b.txt', 'c.txt']) await done(files.upload(path, path))
  const names = (rows) => rows.map((row) => row.name)
  assert.deepEqual(names(await done(files.list())), ['a', 'b.txt', 'c.txt'])
  assert.deepEqual(names(await done(files.list('a'))), ['deep', '1.txt', '2.txt'])
  const [folder, row] = await done(files.list('a', { limit: 2 }))
  assert.deepEqual([folder.id, folder.metadata], [null, null])
  assert.deepEqual([row.metadata.size, row.metadata.contentLength, row.metadata.httpStatusCode], [7, 7, 200])
  assert.deepEqual(names(await done(files.list('a', { limit: 1, offset: 2 }))), ['2.txt'])
  const down = await done(files.list('', { sortBy: { column: 'name', order: 'desc' } }))
  assert.deepEqual(names(down.filter((found) => found.id)), ['c.txt', 'b.txt'])
  assert.deepEqual(names(await done(files.list('', { search: 'B.' }))), ['b.txt'])
  assert.deepEqual(await done(service.from('none').list()), [])
  assert.deepEqual(await done(alice.from('lists').list()), [])
  await refused(nobody.from('lists').list(), { status: 403, message: 'Invalid Compact JWS' })
})

check('flat listings', async () => {
  const files = await bucket('flat')
  for (const path of ['a/1', 'a/2', 'b', 'c']) await done(files.upload(path, path))
  const names = (entries) => entries.map((entry) => entry.name)
  assert.deepEqual(names((await done(files.listV2())).objects), ['a/1', 'a/2', 'b', 'c'])
  const page = await done(files.listV2({ limit: 2, with_delimiter: true }))
  assert.deepEqual([page.hasNext, names(page.folders), names(page.objects)], [true, ['a/'], ['b']])
  const rest = await done(files.listV2({ limit: 2, with_delimiter: true, cursor: page.nextCursor }))
  assert.deepEqual([rest.hasNext, rest.nextCursor, names(rest.objects)], [false, undefined, ['c']])
  const down = await done(files.listV2({ prefix: 'a/', sortBy: { column: 'name', order: 'desc' } }))
  assert.deepEqual(names(down.objects), ['a/2', 'a/1'])
  assert.deepEqual((await done(alice.from('flat').listV2())).objects, [])
})

check('moves and copies', async () => {
  const files = await bucket('moves')
  const other = await bucket('moves-2')
  await done(files.upload('a', '1', { metadata: { k: 'v' }, contentType: 'text/csv', cacheControl: '9' }))
  assert.deepEqual(await done(files.move('a', 'dir/b')), { message: 'Successfully moved' })
  assert.deepEqual(await done(files.copy('dir/b', 'c')), { path: 'moves/c' })
  assert.deepEqual((await done(files.info('c'))).metadata, { k: 'v' })
  assert.deepEqual(await done(files.copy('c', 'd', { destinationBucket: 'moves-2' })), { path: 'moves-2/d' })
  assert.deepEqual(await done(files.move('c', 'e', { destinationBucket: 'moves-2' })), { message: 'Successfully moved' })
  assert.equal((await bytes(other.download('e'))).toString(), '1')
  const metadata = { cacheControl: 'max-age=3', mimetype: 'text/x-other' }
  await done(other.copy('e', 'f', { copyMetadata: false, metadata }))
  const told = await done(other.info('f'))
  assert.deepEqual([told.contentType, told.cacheControl, told.metadata], ['text/x-other', 'max-age=3', {}])
  await done(other.copy('e', 'g', { copyMetadata: false }))
  const kept = await done(other.info('g'))
  assert.deepEqual([kept.contentType, kept.cacheControl, kept.metadata], ['text/csv', 'max-age=9', {}])
  await refused(files.move('none', 'x'), MISSING)
  await refused(files.copy('none', 'x'), MISSING)
  await refused(other.move('e', 'd'), { ...TAKEN, code: 'ResourceAlreadyExists' })
  await refused(other.copy('e', 'd'), TAKEN)
  const related = { status: 404, code: 'InvalidRequest', message: 'The related resource does not exist' }
  await refused(other.copy('e', 'x', { destinationBucket: 'none' }), related)
  await refused(alice.from('moves-2').move('e', 'x'), MISSING)
})

check('removals', async () => {
  const files = await bucket('goes')
  await done(files.upload('a/1', 'x'))
  await done(files.upload('a/2', 'x'))
  const rows = await done(files.remove(['a/1', 'none', 'a']))
  assert.deepEqual(rows.map((row) => row.name), ['a/1'])
  assert.deepEqual(await done(alice.from('goes').remove(['a/2'])), [])
  await refused(files.remove([]), { status: 400, code: 'InvalidRequest' })
  assert.equal(await done(files.exists('a/2')), true)
})

check('signed links', async () => {
  const files = await bucket('links')
  await done(files.upload('dir/ü 1.txt', 'hello'))
  const { signedUrl } = await done(files.createSignedUrl('dir/ü 1.txt', 60))
  assert.ok(signedUrl.startsWith(`${url}/object/sign/links/dir/`))
  assert.equal(await (await fetch(signedUrl)).text(), 'hello')
  const saved = await done(files.createSignedUrl('dir/ü 1.txt', 60, { download: 'x.txt', cacheNonce: 'n' }))
  assert.equal((await fetch(saved.signedUrl)).headers.get('content-disposition'), 'attachment; filename="x.txt"')
  const [good, bad] = await done(files.createSignedUrls(['dir/ü 1.txt', 'none'], 60, { download: true }))
  assert.deepEqual([good.error, good.path, await (await fetch(good.signedUrl)).text()], [null, 'dir/ü 1.txt', 'hello'])
  assert.deepEqual([bad.path, bad.signedUrl], ['none', null])
  assert.equal(bad.error, 'Either the object does not exist or you do not have access to it')
  await refused(files.createSignedUrl('none', 60), MISSING)
  await refused(files.createSignedUrl('dir/ü 1.txt', -1), { status: 400, code: 'InvalidRequest' })
  await refused(alice.from('links').createSignedUrl('dir/ü 1.txt', 60), MISSING)
  for (const path of ['a?b#c', '50%25', 'x%3Fy', '100% wool', 'back\\slash', "it's(1)"]) {
    const stored = await fetch(`${url}/object/links/${encodeURIComponent(path)}`, {
      method: 'PUT', headers: { Authorization: `Bearer ${keys.service}` }, body: path,
    })
    assert.equal(stored.status, 201, path)
    const [row] = await done(files.createSignedUrls([path], 60, { download: true }))
    assert.equal(await (await fetch(row.signedUrl)).text(), path)
  }
  const broken = await fetch(signedUrl.replace('dir', 'd'))
  assert.deepEqual([broken.status, (await broken.json()).code], [400, 'InvalidSignature'])
})

check('signed uploads', async () => {
  const files = await bucket('given')
  for (const [number, body] of [content, new Blob([content])].entries()) {
    const path = `dir/ü ${number}`
    const grant = await done(files.createSignedUploadUrl(path))
    assert.equal(grant.path, path)
    assert.ok(grant.signedUrl.endsWith(`?token=${grant.token}`))
    const options = { contentType: 'text/csv', cacheControl: '5', metadata: { a: 1 } }
    const stored = await done(nobody.from('given').uploadToSignedUrl(path, grant.token, body, options))
    assert.deepEqual([stored.path, stored.fullPath], [path, `given/${path}`])
    assert.deepEqual((await done(files.info(path))).metadata, { a: 1 })
    await refused(nobody.from('given').uploadToSignedUrl(path, grant.token, body), TAKEN)
    await refused(nobody.from('given').uploadToSignedUrl('x', grant.token, body), { status: 400, code: 'InvalidSignature' })
    await refused(nobody.from('given').uploadToSignedUrl('x', 'nonsense', body), { status: 400, code: 'InvalidJWT' })
  }
  const again = await done(files.createSignedUploadUrl('dir/ü 0', { upsert: true }))
  await done(nobody.from('given').uploadToSignedUrl('dir/ü 0', again.token, 'new'))
  await refused(files.createSignedUploadUrl('dir/ü 0'), TAKEN)
  await refused(alice.from('given').createSignedUploadUrl('b'), { status: 403, code: 'AccessDenied', message: RLS })
})

check('public addresses', async () => {
  const files = await bucket('open', { public: true })
  await done(files.upload('dir/ü 1.txt', 'hello'))
  const { publicUrl } = files.getPublicUrl('dir/ü 1.txt').data
  assert.equal(await (await fetch(publicUrl)).text(), 'hello')
  const saved = await fetch(files.getPublicUrl('dir/ü 1.txt', { download: 'x.txt' }).data.publicUrl)
  assert.equal(saved.headers.get('content-disposition'), 'attachment; filename="x.txt"')
  const closed = await bucket('closed')
  await done(closed.upload('a', 'x'))
  assert.equal((await fetch(closed.getPublicUrl('a').data.publicUrl)).status, 404)
  for (const { from } of [alice, anon]) {
    assert.deepEqual(await done(from('open').list()), [])
    await refused(from('open').upload('b', 'x'), { status: 403, code: 'AccessDenied', message: RLS })
  }
})

check('users within their policies', async () => {
  const mine = alice.from('own')
  const theirs = bob.from('own')
  await done(mine.upload('a.txt', 'alice'))
  await done(theirs.upload('b.txt', new Blob(['bob'])))
  assert.deepEqual((await done(mine.list())).map((row) => row.name), ['a.txt'])
  await refused(mine.download('b.txt'), MISSING)
  await refused(mine.upload('b.txt', 'x', { upsert: true }), { status: 403, code: 'AccessDenied', message: RLS })
  await refused(mine.update('b.txt', 'x'), { status: 403, code: 'AccessDenied', message: RLS })
  assert.deepEqual(await done(mine.remove(['b.txt'])), [])
  await refused(anon.from('own').upload('c.txt', 'x'), { status: 403, code: 'AccessDenied', message: RLS })
  await done(mine.update('a.txt', 'again'))
  assert.deepEqual(await done(mine.copy('a.txt', 'c.txt')), { path: 'own/c.txt' })
  assert.deepEqual(await done(mine.move('c.txt', 'd.txt')), { message: 'Successfully moved' })
  const { signedUrl } = await done(mine.createSignedUrl('a.txt', 60))
  assert.equal(await (await fetch(signedUrl)).text(), 'again')
  const grant = await done(mine.createSignedUploadUrl('e.txt'))
  await done(nobody.from('own').uploadToSignedUrl('e.txt', grant.token, 'x'))
  assert.equal((await done(mine.remove(['a.txt', 'd.txt', 'e.txt']))).length, 3)
})

check('tokens that do not count', async () => {
  const short = person(keys.service.slice(0, -4))
  const wrong = { status: 403, code: 'AccessDenied', message: 'signature verification failed' }
  await refused(short.buckets.listBuckets(), wrong)
  await refused(short.from('b').upload('a', 'x'), wrong)
  await refused(person('x').from('b').list(), { ...wrong, message: 'Invalid Compact JWS' })
})

check('pictures in other sizes', async () => {
  const files = await bucket('pictures', { public: true })
  await done(files.upload('dir/ü 1.png', Buffer.from(picture, 'base64'), { contentType: 'image/png' }))
  const transform = { width: 8, height: 8, resize: 'contain', quality: 50, format: 'origin' }
  const own = await done(files.download('dir/ü 1.png', { transform }))
  assert.deepEqual([own.type, await sizeOf(own)], ['image/png', [8, 4]])
  const { publicUrl } = files.getPublicUrl('dir/ü 1.png', { transform }).data
  assert.deepEqual(await sizeOf(await (await fetch(publicUrl)).blob()), [8, 4])
  const { signedUrl } = await done(files.createSignedUrl('dir/ü 1.png', 60, { transform, download: 'x.png' }))
  const shown = await fetch(signedUrl)
  assert.equal(shown.headers.get('content-disposition'), 'attachment; filename="x.png"')
  assert.deepEqual(await sizeOf(await shown.blob()), [8, 4])
  await done(files.upload('text', 'no picture'))
  await refused(files.download('text', { transform }), { status: 422, code: 'ImageProcessingError' })
  await refused(files.download('none', { transform }), MISSING)
  const closed = await bucket('pictures-2')
  await done(closed.upload('a.png', Buffer.from(picture, 'base64')))
  await refused(alice.from('pictures-2').download('a.png', { transform }), MISSING)
})

check('caches are emptied', async () => {
  const files = await bucket('cached')
  await done(files.upload('dir/ü 1.txt', 'hello'))
  assert.deepEqual(await done(files.purgeCache('dir/ü 1.txt')), { message: 'success' })
  assert.deepEqual(await done(files.purgeCache('dir/ü 1.txt', { transformations: true })), { message: 'success' })
  assert.deepEqual(await done(service.buckets.purgeBucketCache('cached')), { message: 'success' })
  const denied = { status: 403, code: 'AccessDenied', message: 'Access denied' }
  await refused(alice.from('cached').purgeCache('dir/ü 1.txt'), denied)
  await refused(anon.buckets.purgeBucketCache('cached'), denied)
})

check('what Holdall does not have', async () => {
  const missing = { status: 404, code: 'NotFound' }
  await bucket('plain')
  await refused(service.buckets.getBucketLifecycle('plain'), { status: 405, code: 'MethodNotAllowed' })
  await refused(service.buckets.updateBucketLifecycle('plain', { rules: [] }), { status: 405, code: 'MethodNotAllowed' })
  await refused(service.buckets.deleteBucketLifecycle('plain'), { status: 405, code: 'MethodNotAllowed' })
  const { error } = await service.client.vectors.listBuckets()
  assert.deepEqual([error.status, error.statusCode], [404, '404'])
  await refused(service.client.analytics.listBuckets(), missing)
})

function methodsOf(object) {
  const names = new Set()
  for (let kind = Object.getPrototypeOf(object); kind !== Object.prototype; kind = Object.getPrototypeOf(kind)) {
    for (const name of Object.getOwnPropertyNames(kind)) {
      const { value } = Object.getOwnPropertyDescriptor(kind, name)
      if (typeof value === 'function' && name !== 'constructor') names.add(name)
    }
  }
  return names
}

// TypeScript's private and protected methods, which look public in JavaScript.
const INNER = new Set([
  'handleOperation', 'uploadOrUpdate', 'prepareUploadFormData', 'encodeMetadata', 'toBase64', '_getFinalPath',
  '_removeEmptyFolders', 'applyTransformOptsToQuery', 'bucketLifecycleUrl', 'listBucketOptionsToQueryString',
])

const results = []
for (const { name, run } of checks) {
  try {
    await run()
    results.push({ name, error: null })
  } catch (error) {
    results.push({ name, error: error.stack })
  }
}
const all = [...methodsOf(service.client), ...methodsOf(service.client.from('x'))].filter((name) => !INNER.has(name))
const unused = [...new Set(all)].filter((name) => !seen.has(name))
process.stdout.write(JSON.stringify({ checks: results, methods: [...seen].sort(), unused }))
