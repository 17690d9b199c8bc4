import { createVerify } from 'node:crypto';
import { type Answer, describeRepository, describeUser, notFound, ok, refused } from './answers';
import type { FakeRepository } from './state';

/** GitHub Apps: who signs a JSON web token with the App's key gets tokens of its installations. */

export interface FakeApp {
  readonly id: number;
  /** PEM */
  readonly publicKey: string;
  /** @default - it is not installed for the repository */
  readonly installation?: number;
  /** What it may do, at most. */
  readonly permissions: Readonly<Record<string, string>>;
  readonly suspended?: boolean;
}

/** An installation token that was given out. */
export interface IssuedToken {
  readonly token: string;
  readonly repositories: readonly string[] | undefined;
  readonly permissions: Readonly<Record<string, string>> | undefined;
}

/** @param now seconds since 1970, as GitHub's clock has it */
export function answerAsApp(
  app: FakeApp | undefined,
  repository: FakeRepository,
  request: {
    readonly operation: string;
    readonly authorization: string;
    readonly parameters: Readonly<Record<string, string>>;
    readonly body: unknown;
  },
  now: number,
  issue: (token: IssuedToken) => void,
): Answer {
  if (app === undefined) return refused(404, 'Integration not found');
  const mistake = mistakeIn(request.authorization.replace(/^bearer /i, ''), app, now);
  if (mistake !== undefined) return refused(mistake === 'Integration not found' ? 404 : 401, mistake);
  if (request.operation === 'apps/get-repo-installation') {
    const { owner, repo } = request.parameters;
    if (app.installation === undefined || owner !== repository.owner || repo !== repository.name) return notFound();
    return ok(describeInstallation(app, repository));
  }
  const { repositories, permissions = {} } = (request.body ?? {}) as {
    repositories?: string[];
    permissions?: Record<string, string>;
  };
  if (Number(request.parameters.installation_id) !== app.installation) return notFound();
  if (request.operation === 'apps/get-installation') return ok(describeInstallation(app, repository));
  if (app.suspended) return refused(403, 'This installation has been suspended');
  if (repositories?.some((name) => name !== repository.name)) {
    return refused(
      422,
      'There is at least one repository that does not exist or is not accessible to the parent installation.',
    );
  }
  for (const [name, wanted] of Object.entries(permissions)) {
    const granted = app.permissions[name];
    if (granted === wanted || granted === 'write') continue;
    return refused(422, 'The permissions requested are not granted to this installation.');
  }
  const token = appTokenOf(app);
  issue({ token, repositories, permissions });
  return ok(
    {
      token,
      expires_at: new Date((now + 3600) * 1000).toISOString(),
      permissions,
      repository_selection: 'selected',
      repositories: [describeRepository(repository)],
    },
    201,
  );
}

/** The token that an App is given. */
export function appTokenOf({ id }: FakeApp): string {
  return `ghs_${'0123456789abcdef'.repeat(2)}${id}`;
}

function describeInstallation({ id, installation, permissions, suspended }: FakeApp, repository: FakeRepository) {
  return {
    id: installation,
    app_id: id,
    account: describeUser(repository.owner),
    permissions,
    suspended_at: suspended ? '2026-01-01T00:00:00Z' : null,
  };
}

function mistakeIn(jwt: string, app: FakeApp, now: number): string | undefined {
  const [header = '', payload = '', signature = ''] = jwt.split('.');
  const read = (part: string): Record<string, unknown> => {
    try {
      return JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>;
    } catch {
      return {};
    }
  };
  const { alg } = read(header);
  const { iss, iat, exp } = read(payload);
  if (alg !== 'RS256') return 'A JSON web token could not be decoded';
  if (String(iss) !== String(app.id)) return 'Integration not found';
  const verify = createVerify('RSA-SHA256').update(`${header}.${payload}`);
  if (!verify.verify(app.publicKey, signature, 'base64url')) return 'A JSON web token could not be decoded';
  if (typeof exp !== 'number' || exp <= now) {
    return "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires";
  }
  if (exp > now + 600 + 60) return "'Expiration time' claim ('exp') is too far in the future";
  if (typeof iat !== 'number' || iat > now) {
    return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued";
  }
  return undefined;
}
