import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { GitOpsError } from '../../src';
import { parseVendorLock, VENDOR_LOCK } from '../../src/model/vendor-lock';
import { type VendorOptions, vendor } from '../../src/toolkit/vendor';
import { temporaryFolder } from '../helpers/git';
import { smallManifest } from '../helpers/releases';
import { ARGO_CD_MANIFEST, FLUX_MANIFEST, missingData } from '../helpers/shared-data';
import { cli } from './project';

const missing = missingData();

let server: Server;
let url = '';
let requests: string[] = [];
const answers: Record<string, (response: ServerResponse) => void> = {};
let folder = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request.url ?? '');
    const answer = answers[(request.url ?? '').replace(/\?.*/, '')];
    if (answer) answer(response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  folder = temporaryFolder();
  requests = [];
  answers['/install.yaml'] = (response) => response.end(smallManifest('argo-cd'));
});

const run = (options: Partial<VendorOptions> = {}) =>
  vendor({ cwd: folder, operator: 'argo-cd', version: '3.5.1', from: `${url}/install.yaml`, ...options });
const pins = () => parseVendorLock(readFileSync(join(folder, VENDOR_LOCK), 'utf8'));
const files = () => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();

async function failure(options: Partial<VendorOptions>): Promise<GitOpsError> {
  const before = files();
  try {
    await run(options);
  } catch (error) {
    expect(files()).toEqual(before);
    return error as GitOpsError;
  }
  throw new Error('it was expected to fail');
}

describe('vendor', () => {
  it('downloads once, and pins what came', async () => {
    const result = await run();
    expect(result).toMatchObject({
      file: 'vendor/argo-cd-3.5.1.yaml',
      operator: 'argo-cd',
      version: '3.5.1',
      origin: `${url}/install.yaml`,
      change: 'added',
      replaced: [],
      objects: 9,
      images: ['quay.io/argoproj/argocd:v3.5.1'],
    });
    expect(readFileSync(join(folder, result.file), 'utf8')).toBe(smallManifest('argo-cd'));
    const { change: _, replaced: _r, objects: _o, images: _i, ...pin } = result;
    expect(pins()).toEqual([pin]);
    expect(files()).toEqual([VENDOR_LOCK, 'vendor', 'vendor/argo-cd-3.5.1.yaml']);
    expect(await run({ from: undefined })).toMatchObject({ change: 'unchanged' });
    expect(requests).toEqual(['/install.yaml']);
  });

  it('asks the project, over https, when nobody says otherwise', async () => {
    const asked: string[] = [];
    const ask = (async (input: URL) => {
      asked.push(String(input));
      return new Response(smallManifest('argo-cd'));
    }) as unknown as typeof fetch;
    await run({ from: undefined, http: { fetch: ask } });
    await run({ from: undefined, variant: 'ha', http: { fetch: ask } });
    expect(asked).toEqual([
      'https://raw.githubusercontent.com/argoproj/argo-cd/v3.5.1/manifests/install.yaml',
      'https://raw.githubusercontent.com/argoproj/argo-cd/v3.5.1/manifests/ha/install.yaml',
    ]);
    expect(pins().map(({ file }) => file)).toEqual(['vendor/argo-cd-3.5.1-ha.yaml', 'vendor/argo-cd-3.5.1.yaml']);
  });

  it('puts a new version in the place of the old one, and tells what is different', async () => {
    writeFileSync(
      join(folder, 'old.yaml'),
      smallManifest('argo-cd', {
        version: '3.4.0',
        extra: 'apiVersion: v1\nkind: Service\nmetadata: { name: gone }\n',
      }),
    );
    await run({ version: 'v3.4.0', from: 'old.yaml' });
    const result = await run();
    expect(result).toMatchObject({
      change: 'changed',
      replaced: [{ file: 'vendor/argo-cd-3.4.0.yaml', version: '3.4.0' }],
      difference: {
        from: '3.4.0',
        added: [],
        removed: ['Service/gone'],
        changed: ['Deployment/argocd-server', 'StatefulSet/argocd-application-controller'],
      },
    });
    expect(pins().map(({ version }) => version)).toEqual(['3.5.1']);
    expect(existsSync(join(folder, 'vendor/argo-cd-3.4.0.yaml'))).toBe(false);
  });

  it('keeps what it is told to keep, what was edited, and what is of others', async () => {
    writeFileSync(join(folder, 'old.yaml'), smallManifest('argo-cd', { version: '3.4.0' }));
    writeFileSync(join(folder, 'flux.yaml'), smallManifest('flux'));
    await run({ operator: 'flux', version: '2.9.4', from: 'flux.yaml' });
    await run({ version: '3.4.0', from: 'old.yaml' });
    await run({ keep: true });
    expect(pins().map(({ file }) => file)).toEqual([
      'vendor/argo-cd-3.4.0.yaml',
      'vendor/argo-cd-3.5.1.yaml',
      'vendor/flux-2.9.4.yaml',
    ]);
    const edited = join(folder, 'vendor/argo-cd-3.4.0.yaml');
    writeFileSync(edited, 'mine: true\n');
    const warnings: string[] = [];
    await run({ host: { warn: (message) => warnings.push(message) } });
    expect(warnings).toEqual(['vendor/argo-cd-3.4.0.yaml was edited, and is left where it is']);
    expect(readFileSync(edited, 'utf8')).toBe('mine: true\n');
    expect(pins().map(({ file }) => file)).toEqual(['vendor/argo-cd-3.5.1.yaml', 'vendor/flux-2.9.4.yaml']);
  });

  it('brings back a file that is lost, if it is the same', async () => {
    const { sha256 } = await run();
    writeFileSync(join(folder, 'vendor/argo-cd-3.5.1.yaml'), 'broken');
    expect(await run()).toMatchObject({ sha256, change: 'changed' });
    answers['/install.yaml'] = (response) => response.end(`${smallManifest('argo-cd')}# new\n`);
    const error = await failure({});
    expect(error.code).toBe('VENDOR_MISMATCH');
    const [, next] = /with --sha256 ([0-9a-f]{64})$/.exec(error.message) ?? [];
    expect(await run({ sha256: `sha256:${next}` })).toMatchObject({ sha256: next, change: 'changed' });
  });

  it.skipIf(missing)(`takes upstream's own manifests ${missing ?? ''}`, async () => {
    const sha256 = '795a3a972224da6a7f9d32c3e946445f062b60fb46028476715affeb688236e3';
    expect(await run({ from: ARGO_CD_MANIFEST, sha256 })).toMatchObject({ objects: 59, size: 1917766, sha256 });
    expect(await run({ operator: 'flux', version: '2.9.4', from: FLUX_MANIFEST })).toMatchObject({ objects: 32 });
    expect((await failure({ operator: 'flux', version: '2.8.0', from: FLUX_MANIFEST })).message).toContain(
      'it is Flux 2.9, not 2.8.0',
    );
  });
});

describe('vendor refuses', () => {
  it.each<[string, Partial<VendorOptions>, string, RegExp]>([
    ['an unknown operator', { operator: 'jenkins' }, 'USAGE', /there are argo-cd, flux/],
    ['what is no version', { version: 'latest' }, 'USAGE', /'latest' is no version: write it like 3\.5\.1/],
    ['a version that leads elsewhere', { version: '3.5.1/../..' }, 'USAGE', /is no version/],
    [
      'an old version, before it asks anybody',
      { version: '2.14.0' },
      'VENDOR_INVALID',
      /too old: vendor 3\.0 or later/,
    ],
    ['an unknown variant', { variant: 'small' }, 'USAGE', /which has core, ha/],
    ['a short hash', { sha256: 'abc' }, 'USAGE', /64 hexadecimal digits/],
    ['a folder outside of the project', { output: '../elsewhere' }, 'USAGE', /outside of the project/],
    ['credentials', { from: 'https://me:hunter2@mirror.example.com/x' }, 'USAGE', /holds credentials/],
    ['plain http of other machines', { from: 'http://mirror.example.com/x?token=hunter2' }, 'USAGE', /is not https/],
    ['other schemes', { from: 'ftp://mirror.example.com/x' }, 'USAGE', /is not https/],
    ['another hash than the one that was asked for', { sha256: '0'.repeat(64) }, 'VENDOR_MISMATCH', /has the sha256/],
    ['another version', { version: '3.5.2' }, 'VENDOR_INVALID', /it is Argo CD 3\.5\.1, not 3\.5\.2/],
    ['another operator', { operator: 'flux', version: '2.9.4' }, 'VENDOR_INVALID', /no release manifest of Flux/],
    ['a file that is not there', { from: 'no.yaml' }, 'VENDOR_UNREACHABLE', /no\.yaml cannot be read/],
    ['nobody at home', { from: 'http://127.0.0.1:1/x' }, 'VENDOR_UNREACHABLE', /cannot be downloaded: .*name a mirror/],
  ])('%s', async (_, options, code, message) => {
    const error = await failure(options);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('hunter2');
  });

  it.each<[string, (response: ServerResponse) => void, RegExp]>([
    ['what is not there', (response) => response.writeHead(404).end(), /there is no such file/],
    ['errors', (response) => response.writeHead(503).end(), /the server answered 503/],
    [
      'redirects to http',
      (response) => response.writeHead(302, { location: 'http://127.0.0.1/x' }).end(),
      /not plain https/,
    ],
    [
      'redirects to credentials',
      (response) => response.writeHead(302, { location: 'https://a:b@x.example/' }).end(),
      /not plain https/,
    ],
    [
      'an answer that breaks off',
      (response) => {
        response.writeHead(200, { 'content-length': '99' });
        response.write('a');
        setTimeout(() => response.destroy(), 20);
      },
      /cannot be downloaded/,
    ],
    [
      'an answer without end',
      (response) => {
        response.writeHead(200);
        const chunk = 'x'.repeat(65_536);
        const more = () => {
          while (response.write(chunk));
        };
        response.on('drain', more);
        more();
      },
      /larger than 1 MB/,
    ],
    ['an answer that never comes', () => {}, /no answer within 1 seconds/],
  ])('%s', async (_, answer, message) => {
    answers['/broken.yaml'] = answer;
    const http = { timeout: 500, limit: 1024 * 1024 };
    const error = await failure({ from: `${url}/broken.yaml?token=hunter2`, http });
    expect(error.code).toBe('VENDOR_UNREACHABLE');
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('hunter2');
  });

  it('a manifest that is none', async () => {
    answers['/install.yaml'] = (response) => response.end('<!doctype html>\n<p>log in</p>\n');
    expect((await failure({})).code).toBe('VENDOR_INVALID');
    answers['/install.yaml'] = (response) =>
      response.end(smallManifest('argo-cd', { without: ['applications.argoproj.io'] }));
    expect((await failure({})).message).toMatch(/lacks CustomResourceDefinitions \(applications\.argoproj\.io\)/);
  });

  it('to write over what it did not write', async () => {
    await run({ output: 'third' });
    writeFileSync(join(folder, 'third/argo-cd-3.5.0.yaml'), 'mine: true\n');
    answers['/install.yaml'] = (response) => response.end(smallManifest('argo-cd', { version: '3.5.0' }));
    const error = await failure({ version: '3.5.0', output: 'third' });
    expect(error.code).toBe('OUTPUT_FOREIGN_FILES');
    expect(pins()).toHaveLength(1);
  });

  it('to record a token', async () => {
    await run({ from: `${url}/install.yaml?token=hunter2` });
    expect(readFileSync(join(folder, VENDOR_LOCK), 'utf8')).not.toContain('hunter2');
  });

  it('to go on when it is stopped', async () => {
    answers['/slow.yaml'] = () => {};
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    await expect(run({ from: `${url}/slow.yaml`, signal: stop.signal })).rejects.toThrow(/abort/i);
    expect(files()).toEqual([]);
  });
});

describe('the command', () => {
  it('tells what it did', async () => {
    const args = ['vendor', 'argo-cd', '3.5.1', '--from', `${url}/install.yaml`];
    const first = await cli(folder, args);
    expect(first).toMatchObject({ code: 0 });
    expect(first.stdout).toContain(
      'vendored argo-cd 3.5.1 as vendor/argo-cd-3.5.1.yaml, pinned in cdk8s-gitops.lock.yaml',
    );
    expect((await cli(folder, ['vendor', 'argo-cd', '3.5.1'])).stdout).toMatch(
      /^unchanged vendor\/argo-cd-3\.5\.1\.yaml/,
    );
    const json = await cli(folder, [...args, '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ change: 'unchanged', version: '3.5.1' });
  });

  it('fails with a code, and knows its choices', async () => {
    const { code, stdout } = await cli(folder, ['vendor', 'flux', '2.9.4', '--from', 'no.yaml', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'VENDOR_UNREACHABLE' } });
    expect(await cli(folder, ['vendor', 'jenkins', '1.0.0'])).toMatchObject({ code: 2 });
    expect((await cli(folder, ['completion', 'bash'])).stdout).toMatch(/vendor\) words="argo-cd flux .*--sha256/);
  });
});
