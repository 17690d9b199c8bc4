import { createHash } from 'node:crypto';
import { closeSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { crc32, deflateSync } from 'node:zlib';
import { toBytes } from '../../model/git-objects';
import type { NewObject } from './objects';

/** Pack files (version 2) and their indices, written in process: no copy of the objects is held. */

const TYPE_BITS = { commit: 1, tree: 2, blob: 3 } as const;
const FLUSH_BYTES = 1 << 20;
/** Offsets from here on go into the index's table of large ones. */
const LARGE = 2 ** 31;

function header(type: NewObject['type'], size: number): Buffer {
  const bytes: number[] = [];
  let byte = (TYPE_BITS[type] << 4) | (size & 15);
  let rest = Math.floor(size / 16);
  while (rest > 0) {
    bytes.push(byte | 0x80);
    byte = rest & 0x7f;
    rest = Math.floor(rest / 128);
  }
  bytes.push(byte);
  return Buffer.from(bytes);
}

/** Small windows for small objects: allocating zlib's usual ones costs more than deflating a manifest. */
function deflate(body: Uint8Array): Buffer {
  if (body.byteLength > 1 << 16) return deflateSync(body, { level: 1 });
  return deflateSync(body, { level: 1, windowBits: 12, memLevel: 5, chunkSize: 1024 });
}

/**
 * Writes objects as a pack with its index.
 * @param folder the repository's `objects/pack`
 * @param count how many there are, no id twice
 * @param signal checked about every megabyte
 */
export async function writePack(
  folder: string,
  objects: Iterable<NewObject>,
  count: number,
  signal?: AbortSignal,
): Promise<void> {
  const placed: { id: string; crc: number; offset: number }[] = [];
  const digest = createHash('sha1');
  const temporary = join(folder, 'tmp_pack');
  const file = openSync(temporary, 'wx', 0o600);
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let offset = 0;
  const flush = () => {
    const bytes = Buffer.concat(pending);
    digest.update(bytes);
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    pending = [];
    pendingBytes = 0;
  };
  const put = (bytes: Buffer) => {
    pending.push(bytes);
    pendingBytes += bytes.length;
    offset += bytes.length;
  };

  let checksum: Buffer;
  try {
    const start = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1');
    start.writeUInt32BE(count, 8);
    put(start);
    for (const { id, type, body: content } of objects) {
      const body = toBytes(content);
      const head = header(type, body.byteLength);
      const data = deflate(body);
      placed.push({ id, crc: crc32(data, crc32(head)), offset });
      put(head);
      put(data);
      if (pendingBytes < FLUSH_BYTES) continue;
      flush();
      await setImmediate();
      signal?.throwIfAborted();
    }
    flush();
    checksum = digest.digest();
    writeSync(file, checksum);
  } finally {
    closeSync(file);
  }
  if (placed.length !== count) throw new RangeError(`a pack of ${count} objects was given ${placed.length}`);

  const name = join(folder, `pack-${checksum.toString('hex')}`);
  renameSync(temporary, `${name}.pack`);
  writeFileSync(`${name}.idx`, encodeIndex(placed, checksum), { mode: 0o600 });
}

function encodeIndex(placed: { id: string; crc: number; offset: number }[], checksum: Buffer): Buffer {
  placed.sort((a, b) => (a.id < b.id ? -1 : 1));
  const large = placed.filter(({ offset }) => offset >= LARGE);
  const count = placed.length;
  const index = Buffer.alloc(8 + 256 * 4 + count * 28 + large.length * 8 + 40);
  index.write('\xfftOc\0\0\0\x02', 0, 'latin1');
  const fanout = 8;
  const ids = fanout + 256 * 4;
  const crcs = ids + count * 20;
  const offsets = crcs + count * 4;
  let largeAt = offsets + count * 4;
  let largeCount = 0;
  placed.forEach(({ id, crc, offset }, i) => {
    index.write(id, ids + i * 20, 'hex');
    index.writeUInt32BE(crc, crcs + i * 4);
    if (offset < LARGE) {
      index.writeUInt32BE(offset, offsets + i * 4);
    } else {
      index.writeUInt32BE(LARGE + largeCount++, offsets + i * 4);
      index.writeBigUInt64BE(BigInt(offset), largeAt);
      largeAt += 8;
    }
  });
  // For each first byte: how many ids start with it or with a lesser one.
  let seen = 0;
  for (let byte = 0; byte < 256; byte++) {
    while (seen < count && index.readUInt8(ids + seen * 20) <= byte) seen++;
    index.writeUInt32BE(seen, fanout + byte * 4);
  }
  checksum.copy(index, index.length - 40);
  createHash('sha1')
    .update(index.subarray(0, index.length - 20))
    .digest()
    .copy(index, index.length - 20);
  return index;
}
