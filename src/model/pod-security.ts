/** A level of Kubernetes' Pod Security Standards, from the most to the least permissive. */
export type PodSecurity = (typeof POD_SECURITY)[number];

export const POD_SECURITY = ['privileged', 'baseline', 'restricted'] as const;

export const DEFAULT_POD_SECURITY: PodSecurity = 'baseline';
