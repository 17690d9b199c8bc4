import { Provider } from '../../../src';

/** One of each way to sign in to each provider. */

export const key = { name: 'credentials', key: 'token' };
export const elsewhere = { ...key, namespace: 'external-secrets' };
export const server = 'https://vault.acme.example';

export const providers: Record<string, Provider> = {
  'vault kubernetes': Provider.vault({ server, path: 'secret', auth: { kubernetes: { role: 'a' } } }),
  'vault kubernetes account': Provider.vault({
    server,
    version: 'v1',
    namespace: 'team-a',
    caProvider: { type: 'ConfigMap', name: 'ca', key: 'ca.crt' },
    auth: { kubernetes: { role: 'a', mountPath: 'eu-1', serviceAccount: { name: 'a', audiences: ['vault'] } } },
  }),
  'vault jwt': Provider.vault({ server, auth: { jwt: { role: 'a', serviceAccount: 'a' } } }),
  'vault jwt token': Provider.vault({ server, auth: { jwt: { path: 'oidc', token: key } } }),
  'vault appRole': Provider.vault({ server, auth: { appRole: { roleId: 'checkout', secretId: key } } }),
  'vault appRole reference': Provider.vault({ server, auth: { appRole: { roleId: key, secretId: key } } }),
  'vault certificate': Provider.vault({
    server,
    auth: { certificate: { role: 'a', certificate: { name: 'tls', key: 'tls.crt' }, privateKey: key } },
  }),
  'vault token': Provider.vault({ server, auth: { token: key } }),
  'vault userPass': Provider.vault({ server, auth: { userPass: { username: 'a', password: key } } }),
  'vault ldap': Provider.vault({ server, auth: { ldap: { username: 'a', password: key, path: 'ad' } } }),
  'vault iam': Provider.vault({
    server,
    auth: { iam: { vaultRole: 'a', region: 'eu-central-1', path: 'aws', serviceAccount: 'a' } },
  }),
  'aws secrets manager': Provider.awsSecretsManager({ region: 'eu-central-1' }),
  'aws parameter store': Provider.awsParameterStore({
    region: 'eu-central-1',
    role: 'arn:aws:iam::123456789012:role/reader',
    externalId: 'shop',
    additionalRoles: ['arn:aws:iam::123456789012:role/hub'],
    prefix: '/shop/',
    auth: { serviceAccount: 'reader' },
  }),
  'aws access key': Provider.awsSecretsManager({
    region: 'eu-central-1',
    auth: { accessKey: { id: key, secret: key, sessionToken: key } },
  }),
  gcp: Provider.gcp({ project: 'acme', location: 'europe-west3' }),
  'gcp workload identity': Provider.gcp({
    project: 'acme',
    auth: { workloadIdentity: { serviceAccount: 'a', clusterName: 'eu-1', clusterLocation: 'europe-west3' } },
  }),
  'gcp federation': Provider.gcp({
    project: 'acme',
    auth: {
      workloadIdentityFederation: {
        serviceAccount: 'a',
        audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/k',
        actAs: 'reader@acme.iam.gserviceaccount.com',
      },
    },
  }),
  'gcp key': Provider.gcp({ project: 'acme', auth: { key } }),
  'azure workload identity': Provider.azure({
    vaultUrl: 'https://acme.vault.azure.net',
    auth: { workloadIdentity: { serviceAccount: 'a' } },
  }),
  'azure own identity': Provider.azure({ vaultUrl: 'https://acme.vault.azure.net', auth: { workloadIdentity: {} } }),
  'azure managed identity': Provider.azure({
    vaultUrl: 'https://acme.vault.azure.net',
    environment: 'GermanCloud',
    auth: { managedIdentity: { identityId: '0b0e4c0c-5d6f-4c38-a3f4-2f9f0d0a6a55' } },
  }),
  'azure service principal': Provider.azure({
    vaultUrl: 'https://acme.vault.azure.net',
    tenantId: '0b0e4c0c-5d6f-4c38-a3f4-2f9f0d0a6a55',
    auth: { servicePrincipal: { clientId: key, clientSecret: key } },
  }),
  'azure certificate': Provider.azure({
    vaultUrl: 'https://acme.vault.azure.net',
    tenantId: '0b0e4c0c-5d6f-4c38-a3f4-2f9f0d0a6a55',
    auth: { servicePrincipal: { clientId: key, clientCertificate: key } },
  }),
};
