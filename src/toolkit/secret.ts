export { PLAINTEXT_FORMATS, type PlaintextFormat, parsePlaintext } from '../secrets/plaintext';
export { type SecretDoctorOptions, type SecretDoctorResult, secretDoctor } from './secret-doctor';
export {
  type SecretFinding,
  type SecretKeyStatus,
  type SecretListOptions,
  type SecretListResult,
  type SecretStatus,
  secretList,
} from './secret-list';
export { type SecretRotateOptions, secretRotate } from './secret-rotate';
export {
  type PlaintextRequest,
  type PlaintextSource,
  type SecretSetOptions,
  type SecretWriteResult,
  secretSet,
} from './secret-set';
