import { hash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { GitOpsError } from '../errors';
import { parseVendorLock, serializeVendorLock, VENDOR_LOCK, type VendorPin } from '../model/vendor-lock';

/** The lock file and what it pins, in one folder. */
export class VendorFolder {
  constructor(readonly folder: string) {}

  pins(): VendorPin[] {
    const text = this.read(VENDOR_LOCK);
    return text === undefined ? [] : parseVendorLock(text.toString('utf8'));
  }

  /**
   * Path of a file as the lock has it.
   * @throws GitOpsError USAGE when it is not inside of the folder
   */
  pathOf(file: string): string {
    const path = relative(this.folder, resolve(this.folder, file)).split(sep).join('/');
    if (path === '' || path.startsWith('../') || path === '..' || resolve(path) === path) {
      throw new GitOpsError('USAGE', `${file} is outside of the project: name a folder in it with --output`);
    }
    return path;
  }

  read(file: string): Buffer | undefined {
    try {
      return readFileSync(join(this.folder, file));
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw new GitOpsError('OUTPUT_UNWRITABLE', `${file} cannot be read: ${message}`, { cause });
    }
  }

  /** Content of a pinned file, if it is what the pin says. */
  pinned(pin: VendorPin): Buffer | undefined {
    const content = this.read(pin.file);
    return content !== undefined && hash('sha256', content, 'hex') === pin.sha256 ? content : undefined;
  }

  /**
   * Writes a file, or nothing: it is there as a whole or not at all.
   * @throws GitOpsError OUTPUT_UNWRITABLE
   */
  write(file: string, content: Uint8Array | string): void {
    const path = join(this.folder, file);
    const temporary = `${path}.${randomUUID()}.tmp`;
    try {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(temporary, content, { flag: 'wx' });
      renameSync(temporary, path);
    } catch (cause) {
      rmSync(temporary, { force: true });
      throw new GitOpsError('OUTPUT_UNWRITABLE', `${file} cannot be written: ${(cause as Error).message}`, { cause });
    }
  }

  writeLock(pins: readonly VendorPin[]): void {
    this.write(VENDOR_LOCK, serializeVendorLock(pins));
  }

  remove(file: string): void {
    rmSync(join(this.folder, file), { force: true });
  }
}
