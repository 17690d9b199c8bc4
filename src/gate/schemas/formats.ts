/** What a text or number is to be like, and what to say when it is not. */
export interface Format {
  /** Last part of the rule's name: `quantity`. */
  readonly rule: string;
  isValid(value: string | number): boolean;
  /** What it is not. */
  readonly message: string;
  readonly remedy: string;
}

const DNS_LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const OLD_DNS_LABEL = /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)$/;
const LONGEST_NAME = 253;
const LONGEST_LABEL = 63;
/** Longer texts are in no format that is known here. */
const LONGEST_TEXT = 1000;

const isDnsLabel = (text: string) => text.length <= LONGEST_LABEL && DNS_LABEL.test(text);
const isDnsName = (text: string) =>
  text.length <= LONGEST_NAME && text.split('.').every((label) => DNS_LABEL.test(label));

function isLabelKey(text: string): boolean {
  const parts = text.split('/');
  const name = parts.at(-1) ?? '';
  const prefix = parts.length === 2 ? parts[0] : undefined;
  if (parts.length > 2 || (prefix !== undefined && !isDnsName(prefix))) return false;
  return name.length <= LONGEST_LABEL && QUALIFIED.test(name);
}

const isPort = (value: number, least: number) => Number.isInteger(value) && value >= least && value <= 65_535;
const isPortName = (text: string) => text.length <= 15 && /^[a-z0-9](?:-?[a-z0-9])*$/.test(text) && /[a-z]/.test(text);

const PORT = 'a port is a number from 1 to 65535';
const LABEL = 'use at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends';

/** @param valid whether a text is valid; numbers are not */
function text(rule: string, valid: (text: string) => boolean, message: string, remedy: string): Format {
  const isValid = (value: string | number) => typeof value === 'string' && value.length <= LONGEST_TEXT && valid(value);
  return { rule, isValid, message, remedy };
}

/** @param valid whether a number is valid; texts are not */
function number(rule: string, valid: (value: number) => boolean, message: string, remedy: string): Format {
  return { rule, isValid: (value) => typeof value === 'number' && valid(value), message, remedy };
}

export const FORMATS: Readonly<Record<string, Format>> = {
  dnsLabel: text(
    'name',
    isDnsLabel,
    'is no name that DNS takes',
    'use at most 63 lower-case letters, digits and `-`, with a letter or digit at both ends',
  ),
  dnsName: text(
    'name',
    isDnsName,
    'is no name that Kubernetes takes',
    'use lower-case letters, digits, `-` and `.`, with a letter or digit at both ends of each part, 253 at most',
  ),
  serviceName: text(
    'name',
    (name) => name.length <= LONGEST_LABEL && OLD_DNS_LABEL.test(name),
    'is no name that a Service may have',
    'use at most 63 lower-case letters, digits and `-`, with a letter first',
  ),
  pathName: text(
    'name',
    (name) => !/[/%]/.test(name) && name !== '.' && name !== '..',
    'is no name that can stand in a path',
    'leave out `/` and `%`',
  ),
  hostName: text(
    'name',
    (name) => isDnsName(name.startsWith('*.') ? name.slice(2) : name),
    'is no name of a host',
    'use a name such as `shop.example.com` or `*.example.com`, without port and scheme',
  ),
  envName: text(
    'name',
    (name) => /^[ -<>-~]+$/.test(name),
    'is no name of a variable',
    'use letters, digits and `_`; leave out `=`',
  ),
  configKey: text(
    'name',
    (key) => key.length <= LONGEST_NAME && /^[-._a-zA-Z0-9]+$/.test(key) && key !== '.' && !key.startsWith('..'),
    'is no key that Kubernetes takes',
    'use letters, digits, `-`, `_` and `.`, 253 at most',
  ),
  labelKey: text(
    'label',
    isLabelKey,
    'is no key of a label',
    `use a name such as \`app\` or \`example.com/app\`: ${LABEL}`,
  ),
  annotationKey: text(
    'label',
    (key) => isLabelKey(key.toLowerCase()),
    'is no key of an annotation',
    `use a name such as \`example.com/note\`: ${LABEL}`,
  ),
  labelValue: text(
    'label',
    (value) => value.length <= LONGEST_LABEL && QUALIFIED.test(value),
    'is no value of a label',
    `${LABEL}; put longer texts into an annotation`,
  ),
  port: number('port', (value) => isPort(value, 1), 'is no port', PORT),
  portOrZero: number('port', (value) => isPort(value, 0), 'is no port', PORT),
  portName: text(
    'port',
    isPortName,
    'is no name of a port',
    'use at most 15 lower-case letters, digits and single `-`, with one letter at least',
  ),
  portReference: {
    rule: 'port',
    isValid: (value) => (typeof value === 'number' ? isPort(value, 1) : isPortName(value)),
    message: 'is neither a port nor the name of one',
    remedy: `${PORT}; a name has at most 15 lower-case letters, digits and \`-\``,
  },
  quantity: {
    rule: 'quantity',
    isValid: (value) =>
      typeof value === 'number'
        ? Number.isFinite(value)
        : value.length <= LONGEST_TEXT &&
          /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/.test(value),
    message: 'is no quantity',
    remedy: 'use a number with a unit that Kubernetes knows, such as `500m`, `2`, `1Gi` or `512Mi`',
  },
  countOrPercent: {
    rule: 'range',
    isValid: (value) => (typeof value === 'number' ? value >= 0 : /^\d{1,9}%$/.test(value)),
    message: 'is neither a count nor a percentage',
    remedy: 'use a whole number from 0, without quotes, or a percentage such as `25%`',
  },
  count: number('range', (value) => value >= 0, 'is less than 0', 'use a whole number from 0'),
  positive: number('range', (value) => value >= 1, 'is less than 1', 'use a whole number from 1'),
  fileMode: number(
    'range',
    (value) => value >= 0 && value <= 0o777,
    'is no mode of a file',
    'use a mode from 0000 to 0777; JSON takes it as a decimal number, such as 420 for 0644',
  ),
  int32: number(
    'range',
    (value) => value >= -(2 ** 31) && value < 2 ** 31,
    'is a number too large for its field',
    'use a whole number of 32 bits',
  ),
  schedule: text(
    'schedule',
    isSchedule,
    'is no schedule',
    'use five fields such as `0 4 * * 1-5` (minute, hour, day, month, day of the week), or `@daily` and its like',
  ),
  'date-time': text(
    'time',
    (time) =>
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(time) &&
      !Number.isNaN(Date.parse(time.replace(',', '.'))),
    'is no time',
    'write it like `2027-03-31T04:00:00Z`',
  ),
  microTime: text(
    'time',
    (time) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(?:Z|[+-]\d\d:\d\d)$/.test(time),
    'is no time with microseconds',
    'write it like `2027-03-31T04:00:00.000000Z`',
  ),
  date: text('time', (date) => /^\d{4}-\d\d-\d\d$/.test(date), 'is no date', 'write it like `2027-03-31`'),
  duration: text(
    'duration',
    (time) => /^(?:[+-]?[\d.]*\d[\d.]* ?[a-zA-Zµ]+)+$/.test(time) || time === '0',
    'is no duration',
    'use a number with a unit, such as `30s`, `5m` or `1h30m`',
  ),
  ipv4: text('address', isIpv4, 'is no IPv4 address', 'use four numbers such as `10.0.0.1`'),
  ipv6: text('address', isIpv6, 'is no IPv6 address', 'use an address such as `fd00::1`'),
  cidr: text('address', isCidr, 'is no range of addresses', 'use a range such as `10.0.0.0/8` or `fd00::/8`'),
  uuid: text(
    'format',
    (id) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(id),
    'is no UUID',
    'use an id of the form `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`',
  ),
  byte: {
    rule: 'base64',
    isValid: (value) => typeof value === 'string' && isBase64(value),
    message: 'is no base64',
    remedy: 'encode it with the standard alphabet and padding; plain text of a Secret belongs in `stringData`',
  },
};

function isIpv4(address: string): boolean {
  const parts = address.split('.');
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function isIpv6(address: string): boolean {
  const last = address.lastIndexOf(':');
  const tail = address.slice(last + 1);
  if (tail.includes('.')) return isIpv4(tail) && isIpv6(`${address.slice(0, last + 1)}0:0`);
  const halves = address.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const isFull = halves.length === 2 ? groups.length <= 7 : groups.length === 8;
  return isFull && groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group));
}

function isCidr(range: string): boolean {
  const [address = '', bits = '', more] = range.split('/');
  if (more !== undefined || !/^(?:0|[1-9]\d{0,2})$/.test(bits)) return false;
  return isIpv4(address) ? Number(bits) <= 32 : isIpv6(address) && Number(bits) <= 128;
}

/** In one look at each character; line breaks are left out, as Go leaves them out. */
function isBase64(value: string): boolean {
  let length = 0;
  let padding = 0;
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code === 10 || code === 13) continue;
    length++;
    if (code === 61) padding++;
    else if (padding > 0 || !isBase64Letter(code)) return false;
  }
  return length % 4 === 0 && padding <= 2;
}

function isBase64Letter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 47 && code <= 57) || code === 43;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const SCHEDULE: readonly { readonly least: number; readonly most: number; readonly names?: readonly string[] }[] = [
  { least: 0, most: 59 },
  { least: 0, most: 23 },
  { least: 1, most: 31 },
  { least: 1, most: 12, names: MONTHS },
  { least: 0, most: 6, names: DAYS },
];

function isSchedule(schedule: string): boolean {
  const bare = schedule.replace(/^(?:CRON_)?TZ=\S+\s+/, '').trim();
  if (/^@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)$/.test(bare)) return true;
  if (bare.startsWith('@every ')) return /^(?:\d+(?:\.\d+)?(?:h|m|s|ms|us|µs|ns))+$/.test(bare.slice(7).trim());
  const fields = bare.split(/\s+/);
  return fields.length === 5 && fields.every((field, index) => isScheduleField(field, index));
}

function isScheduleField(field: string, index: number): boolean {
  const { least, most, names = [] } = SCHEDULE[index] as (typeof SCHEDULE)[number];
  const value = (part: string) => {
    if (/^\d{1,2}$/.test(part)) return Number(part);
    const at = names.indexOf(part.toLowerCase());
    return at < 0 ? Number.NaN : at + least;
  };
  const isIn = (part: string) => value(part) >= least && value(part) <= most;
  return field.split(',').every((item) => {
    const [range = '', step, more] = item.split('/');
    if (more !== undefined || (step !== undefined && !/^[1-9]\d{0,3}$/.test(step))) return false;
    if (range === '*' || range === '?') return true;
    const [from = '', to, other] = range.split('-');
    if (other !== undefined || !isIn(from)) return false;
    return to === undefined || (isIn(to) && value(to) >= value(from));
  });
}
