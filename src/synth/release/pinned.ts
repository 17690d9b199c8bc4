import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { type ErrorCode, GitOpsError } from '../../errors';
import { parseVendorLock, VENDOR_LOCK, type VendorPin } from '../../model/vendor-lock';
import type { OperatorRelease } from '../../operators/release';

/** A release manifest whose content is the pinned one. */
export interface PinnedRelease {
  readonly pin: VendorPin;
  readonly text: string;
}

/** Reads vendored release manifests of one folder; each of them once. */
export class PinnedReleases {
  private readonly read = new Map<string, PinnedRelease | GitOpsError>();
  private pins: readonly VendorPin[] | undefined;

  constructor(private readonly folder: string = process.cwd()) {}

  /**
   * The release manifest of an operator.
   * @param file relative to the folder; without one, the only one that the lock file has for the operator
   * @throws GitOpsError VENDOR_MISSING, VENDOR_MISMATCH, VENDOR_INVALID
   */
  find(release: OperatorRelease, file?: string): PinnedRelease {
    const key = JSON.stringify([release.kind, file]);
    let found = this.read.get(key);
    if (found === undefined) {
      try {
        found = this.verified(release, this.pinOf(release, file));
      } catch (error) {
        if (!GitOpsError.is(error)) throw error;
        found = error;
      }
      this.read.set(key, found);
    }
    if (GitOpsError.is(found)) throw found;
    return found;
  }

  private pinOf(release: OperatorRelease, file: string | undefined): VendorPin {
    const pins = this.lock();
    if (file === undefined) {
      const own = pins.filter(({ operator }) => operator === release.kind);
      const [only] = own;
      if (only === undefined) {
        const command = vendorCommand(release, release.tested);
        throw fail('VENDOR_MISSING', `no release manifest of ${release.title} is vendored: run \`${command}\``);
      }
      if (own.length > 1) {
        const files = own.map((pin) => pin.file).join(', ');
        throw fail(
          'VENDOR_INVALID',
          `${VENDOR_LOCK} has several release manifests of ${release.title}: name one of ${files}`,
        );
      }
      return only;
    }
    const name = relative(this.folder, resolve(this.folder, file)).split(sep).join('/');
    const pin = pins.find((each) => each.file === name);
    if (pin === undefined) {
      const version = /(\d+\.\d+\.\d+[\w.-]*?)(?:-(?:core|ha))?\.ya?ml$/.exec(name)?.[1] ?? release.tested;
      const command = vendorCommand(release, version, name);
      throw fail('VENDOR_MISSING', `${name} is not pinned in ${VENDOR_LOCK}: run \`${command}\``);
    }
    if (pin.operator !== release.kind) {
      throw fail('VENDOR_INVALID', `${name} is a release manifest of ${pin.operator}, not of ${release.title}`);
    }
    return pin;
  }

  private verified(release: OperatorRelease, pin: VendorPin): PinnedRelease {
    let bytes: Buffer;
    try {
      bytes = readFileSync(join(this.folder, pin.file));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') {
        throw fail('VENDOR_MISSING', `${pin.file} cannot be read: ${(cause as Error).message}`);
      }
      throw fail(
        'VENDOR_MISSING',
        `${pin.file} is not there: run \`${vendorCommand(release, pin.version, pin.file, pin)}\``,
      );
    }
    if (hash('sha256', bytes, 'hex') !== pin.sha256) {
      const command = vendorCommand(release, pin.version, pin.file, pin);
      throw fail(
        'VENDOR_MISMATCH',
        `${pin.file} is not what ${VENDOR_LOCK} pins: restore it, or run \`${command}\`; changes belong into the operator's props`,
      );
    }
    return { pin, text: bytes.toString('utf8') };
  }

  private lock(): readonly VendorPin[] {
    if (this.pins === undefined) {
      try {
        this.pins = parseVendorLock(readFileSync(join(this.folder, VENDOR_LOCK), 'utf8'));
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
        this.pins = [];
      }
    }
    return this.pins;
  }
}

/** The command that brings a release manifest, as somebody would type it. */
export function vendorCommand(release: OperatorRelease, version: string, file?: string, pin?: VendorPin): string {
  const words = ['cdk8s-gitops', 'vendor', release.kind, version];
  if (pin?.variant !== undefined) words.push('--variant', pin.variant);
  if (pin !== undefined && pin.origin !== release.location(pin.version, pin.variant)) words.push('--from', pin.origin);
  const folder = file?.split('/').slice(0, -1).join('/');
  if (folder !== undefined && folder !== 'vendor') words.push('--output', folder === '' ? '.' : folder);
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}

function fail(code: ErrorCode, message: string): GitOpsError {
  return new GitOpsError(code, message);
}
