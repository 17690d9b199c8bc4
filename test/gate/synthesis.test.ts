import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiObject, Chart } from 'cdk8s';
import { ConfigMap, Secret } from 'cdk8s-plus-27';
import { describe, expect, it } from 'vitest';
import {
  Application,
  ArgoCd,
  Cluster,
  Environment,
  type EnvironmentProps,
  Gate,
  GitOpsError,
  Platform,
} from '../../src';
import { synthesize } from '../../src/synth/synthesize';
import { Verdicts } from '../../src/synth/verdicts';
import { temporaryFolder } from '../helpers/git';

const VALUE = 'Gravel41!otter';

function shop(fill: (app: Application, platform: Platform) => void, environment: Partial<EnvironmentProps> = {}) {
  const platform = new Platform({
    name: 'shop',
    environmentRepository: { url: 'https://git.example.com/environments.git' },
    source: 'acme/shop',
    outdir: join(temporaryFolder(), 'dist'),
  });
  const cluster = new Cluster(platform, 'eu-1');
  new ArgoCd(cluster);
  const app = new Application(new Environment(platform, 'dev', { cluster, ...environment }), 'web');
  fill(app, platform);
  return platform;
}

function errorOf(platform: Platform): GitOpsError {
  try {
    platform.synth();
  } catch (error) {
    if (GitOpsError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const config = (app: Application, id: string, data: Record<string, string>) =>
  new ApiObject(app, id, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: id }, data });

describe('the gate at synthesis', () => {
  it('refuses a Secret with data, and writes nothing', () => {
    const platform = shop((app) => new Secret(app, 'db', { stringData: { password: VALUE } }));
    const error = errorOf(platform);
    expect(error.code).toBe('PLAIN_SECRET');
    expect(error.problems).toHaveLength(1);
    expect(error.problems[0]?.where).toBe('dev/web/db/Resource');
    expect(error.message).toContain('environments/dev/web/secret-web-db');
    expect(error.message).toContain('secret/plain-secret');
    expect(error.message).toContain('Secret');
    expect(JSON.stringify([error.message, error.problems])).not.toContain(VALUE);
    expect(error.message).not.toContain(Buffer.from(VALUE).toString('base64'));
    expect(() => readdirSync(platform.outdir)).toThrow();
  });

  it('tells of everything at once, with a code for each kind', () => {
    const one = errorOf(shop((app) => config(app, 'a', { DB_PASSWORD: VALUE, url: 'see' })));
    expect(one.code).toBe('LEAK_NAMED_LITERAL');
    const codes = (data: Record<string, string>) =>
      errorOf(shop((app) => config(app, 'a', data))).problems.map(({ code }) => code);
    expect(codes({ dsn: `postgres://app:${VALUE}@db/app` })).toEqual(['LEAK_URL_CREDENTIALS']);
    expect(codes({ run: `mysql -uroot -p${VALUE}` })).toEqual(['LEAK_ARG']);
    const both = errorOf(
      shop((app) => {
        config(app, 'a', { DB_PASSWORD: VALUE });
        config(app, 'b', { dsn: `amqp://u:${VALUE}@mq` });
      }),
    );
    expect(both.code).toBe('MODEL_INVALID');
    expect(both.problems.map(({ where, code }) => `${where} ${code}`)).toEqual([
      'dev/web/a LEAK_NAMED_LITERAL',
      'dev/web/b LEAK_URL_CREDENTIALS',
    ]);
  });

  it('looks into whatever made the objects', () => {
    const nested = shop(
      (app) => new ConfigMap(new Chart(app, 'inner'), 'c', { data: { 'app.env': `API_TOKEN=${VALUE}\n` } }),
    );
    expect(errorOf(nested).problems[0]?.message).toContain('data["app.env"] line 1');
  });

  it('lets pass what is allowed, until it is not any more', () => {
    const leak = (app: Application) => config(app, 'a', { DB_PASSWORD: VALUE });
    const allowed = (expires: string, rule = 'secret/named-literal') =>
      shop((app) => void Gate.of(leak(app)).allow({ rule, reason: 'a test system', expires }));
    expect(synthesize(allowed('2999-12-31')).issues).toBeUndefined();
    const expired = errorOf(allowed('2020-01-31'));
    expect(expired.problems.map(({ code }) => code).sort()).toEqual(['LEAK_NAMED_LITERAL', 'WAIVER_INVALID']);
    expect(expired.message).toContain('expired on 2020-01-31');
    const byPath = shop((app, platform) => {
      leak(app);
      Gate.of(platform).allow({
        rule: 'secret/*',
        path: 'environments/dev/**',
        reason: 'a test',
        expires: '2999-12-31',
      });
    });
    expect(synthesize(byPath).issues).toBeUndefined();
    const unused = shop((app) =>
      Gate.of(app).allow({ rule: 'secret/argument', reason: 'a test', expires: '2999-12-31' }),
    );
    new ConfigMap(unused.node.findChild('dev').node.findChild('web') as Application, 'c', { data: { a: 'b' } });
    expect(synthesize(unused).issues).toMatchObject([{ rule: 'waiver/unused', severity: 'warning' }]);
    const incomplete = shop((app, platform) => {
      config(app, 'a', { a: 'b' });
      Gate.of(platform).allow({ rule: 'secret/*', reason: 'no path', expires: '2999-12-31' });
    });
    expect(errorOf(incomplete).code).toBe('WAIVER_INVALID');
  });

  it('never lets a plain Secret pass', () => {
    const platform = shop((app) => {
      const secret = new Secret(app, 'db', { stringData: { password: VALUE } });
      Gate.of(secret).allow({ rule: 'secret/plain-secret', reason: 'please', expires: '2999-12-31' });
    });
    expect(
      errorOf(platform)
        .problems.map(({ code }) => code)
        .sort(),
    ).toEqual(['PLAIN_SECRET', 'WAIVER_INVALID']);
  });

  it('asks policies of the program', () => {
    const labels = { name: 'owner', remedy: 'add the label `owner`' } as const;
    const platform = shop((app, root) => {
      config(app, 'a', { a: 'b' });
      Gate.of(root).addPolicy({
        ...labels,
        check: (object, { environment, application, namespace, objects }) =>
          object.metadata.labels?.owner === undefined
            ? {
                field: 'metadata.labels',
                message: `no owner: ${environment} ${application} ${namespace} ${objects.length}`,
              }
            : undefined,
      });
    });
    const error = errorOf(platform);
    expect(error.code).toBe('POLICY_VIOLATED');
    expect(error.problems[0]?.message).toBe(
      'environments/dev/web/configmap-a.yaml, ConfigMap a, metadata.labels: no owner: dev web dev-web 1 (policy/owner); add the label `owner`',
    );
    const warning = shop((app, root) => {
      config(app, 'a', { a: 'b' });
      Gate.of(root).addPolicy({ ...labels, severity: 'warning', check: () => ['one', 'two'] });
    });
    expect(synthesize(warning).issues?.map(({ message, severity }) => `${severity} ${message}`)).toEqual([
      'warning one',
      'warning two',
    ]);
  });

  it('asks them of the objects in their scope alone', () => {
    const platform = shop((app) => {
      Gate.of(config(app, 'a', { a: 'b' })).addPolicy({
        name: 'no',
        remedy: 'none',
        check: ({ metadata }) => metadata.name,
      });
      config(app, 'ab', { a: 'b' });
    });
    expect(errorOf(platform).problems.map(({ where }) => where)).toEqual(['dev/web/a']);
  });

  it('says which policy failed, and which is none', () => {
    const failing = shop((app) => {
      config(app, 'a', { a: 'b' });
      Gate.of(app).addPolicy({
        name: 'broken',
        remedy: 'none',
        severity: 'warning',
        check: (object) => String((object.spec as { x: string }).x),
      });
      Gate.of(app).addPolicy({ name: 'later', remedy: 'none', check: (async () => 'x') as never });
    });
    const { message } = errorOf(failing);
    expect(message).toContain("ConfigMap a: the policy 'broken' failed: Cannot read properties");
    expect(message).toContain("the policy 'later' gave something that is neither");
    const none = shop((app) => {
      config(app, 'a', { a: 'b' });
      Gate.of(app).addPolicy({ name: 'Not A Name', remedy: 'none', check: () => 'x' });
    });
    expect(errorOf(none).message).toContain('policy/invalid');
    expect(() => Gate.of(new Chart(undefined as never, 'x'))).toThrow(GitOpsError);
  });

  it('knows the Pod Security level of the environment', () => {
    const pod = (app: Application) =>
      new ApiObject(app, 'p', {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p' },
        spec: { hostNetwork: true, containers: [{ name: 'a', image: 'a:1' }] },
      });
    expect(errorOf(shop(pod)).message).toContain('policy/pod-security-host-namespaces');
    expect(
      synthesize(shop(pod, { podSecurity: 'privileged' })).issues?.every(({ severity }) => severity === 'warning'),
    ).toBe(true);
    expect(errorOf(shop(pod, { podSecurity: 'restricted' })).problems.length).toBeGreaterThan(4);
  });

  it('refuses what a unit lacks in a namespace of its own, and only there', () => {
    const pod = (app: Application) =>
      new ApiObject(app, 'p', {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p' },
        spec: { containers: [{ name: 'a', image: 'a:1', envFrom: [{ configMapRef: { name: 'none' } }] }] },
      });
    expect(errorOf(shop(pod)).message).toContain('policy/missing-config-map');
    const shared = shop((app) => {
      const other = new Application(app.node.scope as Environment, 'other', { namespace: 'dev-web' });
      config(other, 'x', { a: 'b' });
      pod(app);
    });
    expect(synthesize(shared).issues?.map(({ rule }) => rule)).not.toContain('policy/missing-config-map');
  });
});

describe('verdicts', () => {
  const id = (n: number) => n.toString(16).padStart(40, '0');

  it('are remembered, for the same rules alone', () => {
    const folder = join(temporaryFolder(), 'cache');
    const first = new Verdicts(folder, 'v1');
    first.of('secret', 'k').add(id(1));
    expect(first.of('secret', 'k').isClean(id(1))).toBe(true);
    first.save();
    expect(new Verdicts(folder, 'v1').of('secret', 'k').isClean(id(1))).toBe(true);
    expect(new Verdicts(folder, 'v1').of('secret', 'k').isClean(id(2))).toBe(false);
    expect(new Verdicts(folder, 'v2').of('secret', 'k').isClean(id(1))).toBe(false);
    expect(new Verdicts(folder, 'v1').of('schema', 'k').isClean(id(1))).toBe(false);
    expect(new Verdicts(folder, 'v1').of('secret', 'l').isClean(id(1))).toBe(false);
  });

  it('that are damaged do not count', () => {
    const folder = join(temporaryFolder(), 'cache');
    const first = new Verdicts(folder, 'v1');
    for (let i = 0; i < 10; i++) first.of('secret', 'k').add(id(i));
    first.save();
    const [name = ''] = readdirSync(folder);
    const bytes = readFileSync(join(folder, name));
    for (const damaged of [bytes.subarray(0, -20), Buffer.concat([bytes, bytes.subarray(-20)]), Buffer.alloc(0)]) {
      writeFileSync(join(folder, name), damaged);
      expect(new Verdicts(folder, 'v1').of('secret', 'k').isClean(id(3))).toBe(false);
    }
    const forged = Buffer.from(bytes);
    forged[forged.length - 1] = 99;
    writeFileSync(join(folder, name), forged);
    expect(new Verdicts(folder, 'v1').of('secret', 'k').isClean(id(3))).toBe(false);
  });

  it('are bounded, and nothing fails when they cannot be kept', () => {
    const folder = join(temporaryFolder(), 'cache');
    for (let i = 0; i < 12; i++) {
      const verdicts = new Verdicts(folder, `v${i}`);
      verdicts.of('secret', 'k').add(id(1));
      verdicts.save();
    }
    expect(readdirSync(folder).length).toBeLessThanOrEqual(8);
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    const verdicts = new Verdicts(file, 'v');
    verdicts.of('secret', 'k').add(id(1));
    verdicts.save();
  });
});
