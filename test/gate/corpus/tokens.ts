import { base64, configMap, env, type Leak, random, uuid } from './make';

const jwt = (claims: object) =>
  [JSON.stringify({ alg: 'RS256', typ: 'JWT' }), JSON.stringify(claims)]
    .map((part) => Buffer.from(part).toString('base64url'))
    .concat(random('url', 86))
    .join('.');

/** A token of each form that is known; prefixes are put together here so that they stand nowhere. */
export const TOKENS: readonly (readonly [pattern: string, make: () => string])[] = [
  ['aws-access-key', () => `AK${'IA'}${random('base32', 16)}`],
  ['aws-access-key', () => `AS${'IA'}${random('base32', 16)}`],
  ['gcp-api-key', () => `AI${'za'}${random('url', 35)}`],
  ['gcp-oauth-secret', () => `GOC${'SPX-'}${random('url', 28)}`],
  ['gcp-oauth-token', () => `ya${'29.'}${random('url', 120)}`],
  ['azure-client-secret', () => `${random('word', 3)}8${'Q~'}${random('word', 34)}`],
  ['github-token', () => `gh${'p_'}${random('word', 36)}`],
  ['github-token', () => `gh${'s_'}${random('word', 36)}`],
  ['github-fine-grained', () => `github${'_pat_'}${random('word', 22)}_${random('word', 59)}`],
  ['gitlab-token', () => `glp${'at-'}${random('url', 20)}`],
  ['gitlab-token', () => `glr${'t-'}${random('url', 20)}`],
  ['bitbucket-token', () => `AT${'BB'}${random('word', 32)}`],
  ['atlassian-token', () => `ATA${'TT3'}${random('url', 180)}`],
  ['npm-token', () => `np${'m_'}${random('word', 36)}`],
  ['pypi-token', () => `pypi-${'AgEIcHlwaS5vcmc'}${random('url', 120)}`],
  ['docker-token', () => `dckr${'_pat_'}${random('url', 27)}`],
  ['digitalocean-token', () => `dop${'_v1_'}${random('hex', 64)}`],
  ['slack-token', () => `xox${'b-'}${random('digits', 12)}-${random('digits', 12)}-${random('word', 24)}`],
  ['slack-app-token', () => `xap${'p-'}1-A${random('upper', 10)}-${random('digits', 13)}-${random('hex', 64)}`],
  ['discord-webhook', () => `https://discord.com/api/${'webhooks'}/${random('digits', 18)}/${random('url', 68)}`],
  ['telegram-token', () => `${random('digits', 10)}:${'AA'}${random('url', 33)}`],
  ['stripe-key', () => `sk_${'live_'}${random('word', 24)}`],
  ['stripe-webhook-secret', () => `wh${'sec_'}${random('word', 32)}`],
  ['square-token', () => `sq0${'csp-'}${random('url', 43)}`],
  ['shopify-token', () => `shp${'at_'}${random('hex', 32)}`],
  ['paypal-token', () => `access_token$${'production'}$${random('lower', 16)}$${random('hex', 32)}`],
  ['twilio-key', () => `S${'K'}${random('hex', 32)}`],
  ['sendgrid-key', () => `S${'G.'}${random('url', 22)}.${random('url', 43)}`],
  ['mailgun-key', () => `ke${'y-'}${random('hex', 32)}`],
  ['mailchimp-key', () => `${random('hex', 32)}-${'us'}14`],
  ['newrelic-key', () => `NR${'AK-'}${random('upper', 27)}`],
  ['newrelic-license', () => `${random('hex', 36)}NR${'AL'}`],
  ['sentry-dsn', () => `https://${random('hex', 32)}@o${random('digits', 6)}.${'ingest'}.us.sentry.io/4501`],
  ['sentry-token', () => `sntr${'ys_'}${random('word', 80)}`],
  ['grafana-token', () => `gl${'sa_'}${random('word', 32)}_${random('hex', 8)}`],
  ['dynatrace-token', () => `dt0${'c01.'}${random('upper', 24)}.${random('upper', 64)}`],
  ['vault-token', () => `hv${'s.'}${random('url', 90)}`],
  ['terraform-token', () => `${random('word', 14)}.${'atlasv1'}.${random('url', 67)}`],
  ['heroku-key', () => `HR${'KU-'}${random('url', 60)}`],
  ['databricks-token', () => `da${'pi'}${random('hex', 32)}`],
  ['linear-key', () => `lin_${'api_'}${random('word', 40)}`],
  ['notion-token', () => `nt${'n_'}${random('word', 46)}`],
  ['openai-key', () => `sk-${'proj-'}${random('url', 120)}`],
  ['anthropic-key', () => `sk-${'ant-'}api03-${random('url', 93)}AA`],
  ['huggingface-token', () => `h${'f_'}${random('word', 34)}`],
  ['age-secret-key', () => `AGE-${'SECRET'}-KEY-1${random('upper', 58)}`],
  ['jwt', () => jwt({ sub: '1', iss: 'acme', exp: 1_900_000_000 })],
  ['jwt', () => jwt({ iss: 'kubernetes/serviceaccount', sub: 'system:serviceaccount:x:y' })],
  ['postman-key', () => `PM${'AK-'}${random('hex', 24)}-${random('hex', 34)}`],
  ['pulumi-token', () => `pu${'l-'}${random('hex', 40)}`],
  ['doppler-token', () => `dp.${'st.'}prd.${random('word', 43)}`],
  ['planetscale-key', () => `pscale${'_tkn_'}${random('word', 43)}`],
  ['tailscale-key', () => `tskey-${'auth'}-${random('word', 12)}CNTRL-${random('word', 32)}`],
  ['openshift-token', () => `sha256${'~'}${random('url', 43)}`],
  ['airtable-token', () => `pa${'t'}${random('word', 14)}.${random('hex', 64)}`],
  ['hubspot-token', () => `pat-${'na1'}-${uuid()}`],
  ['circleci-token', () => `CCI${'PAT_'}${random('word', 22)}_${random('hex', 40)}`],
  ['sonar-token', () => `sq${'p_'}${random('hex', 40)}`],
  ['figma-token', () => `fig${'d_'}${random('url', 40)}`],
  ['launchdarkly-key', () => `sd${'k-'}${uuid().replace(/^(.{14}).(.*)$/, '$14$2')}`],
  ['rancher-token', () => `to${'ken-'}${random('lower', 5)}:${random('lower', 54)}`],
  ['groq-key', () => `gs${'k_'}${random('word', 52)}`],
  ['replicate-token', () => `r${'8_'}${random('word', 37)}`],
];

/** Each in a place of its own, under a name that says nothing. */
export function tokenLeaks(): Leak[] {
  const places: readonly ((token: string) => Leak['manifest'])[] = [
    (token) => env('SETTING', token),
    (token) => configMap({ 'notes.txt': `first line\nuse ${token} for that\n` }),
    (token) => configMap({ 'a.json': JSON.stringify({ deep: [{ thing: token }] }) }),
    (token) => configMap({ x: base64(`value ${token} end`) }),
  ];
  return TOKENS.map(([pattern, make], index) => {
    const token = make();
    const place = places[index % places.length] as (token: string) => Leak['manifest'];
    return { group: 'token', title: pattern, manifest: place(token), values: [token] };
  });
}
