import { describe, expect, test } from 'vitest';
import { entryName, isOfAnotherBranch, newTicket, parseEntryName, pathsHash } from '../../../src/publish/queue/refs';
import { type Place, Wait } from '../../../src/publish/queue/waiting';

const place = (ticket: string, id = ticket): Place => ({ ticket, ref: `refs/q/${ticket}`, id });
const [a, b, c] = [place('1'), place('2'), place('3')];

describe('whose turn it is', () => {
  test('the oldest leads, the others wait', () => {
    const view = { tip: 't', places: [c, a, b] };
    expect(new Wait('1', 1_000).decide(view, 0)).toBe('lead');
    expect(new Wait('2', 1_000).decide(view, 0)).toBe('wait');
    expect(new Wait('3', 1_000).decide(view, 0)).toBe('wait');
  });

  test('whose entry is gone is done', () => {
    expect(new Wait('9', 1_000).decide({ tip: 't', places: [a] }, 0)).toBe('gone');
  });

  test('after the lease others take over, one after the other', () => {
    const [second, third] = [new Wait('2', 1_000), new Wait('3', 1_000)];
    const view = { tip: 't', places: [a, b, c] };
    for (const wait of [second, third]) expect(wait.decide(view, 0)).toBe('wait');
    expect(second.decide(view, 1_124)).toBe('wait');
    expect(second.decide(view, 1_125)).toBe('lead');
    expect(third.decide(view, 1_125)).toBe('wait');
    expect(third.decide(view, 1_250)).toBe('lead');
  });

  test('any progress starts the lease anew', () => {
    const wait = new Wait('3', 1_000);
    expect(wait.decide({ tip: 't', places: [a, b, c] }, 0)).toBe('wait');
    expect(wait.decide({ tip: 'u', places: [a, b, c] }, 2_000)).toBe('wait');
    expect(wait.decide({ tip: 'u', places: [b, c] }, 4_000)).toBe('wait');
    expect(wait.decide({ tip: 'u', places: [{ ...b, id: 'pushed again' }, c] }, 6_000)).toBe('wait');
    expect(wait.decide({ tip: 'u', places: [{ ...b, id: 'pushed again' }, c] }, 7_200)).toBe('lead');
  });

  test('the more there are, the more rarely each one looks; never more rarely than the lease allows', () => {
    const options = { least: 100, most: 5_000, random: () => 0.5 };
    const [alone, among] = [new Wait('1', 15_000), new Wait('1', 15_000)];
    expect(alone.delay(1, options)).toBeLessThan(among.delay(64, options));
    for (let i = 0; i < 50; i++) expect(among.delay(1_000, options)).toBeLessThanOrEqual(3_750);
  });
});

describe('names of entries', () => {
  const hash = pathsHash(['b', 'a']);

  test('come back as they went', () => {
    expect(hash).toBe(pathsHash(['a', 'b']));
    const name = entryName('refs/x/queue', 'release/1', hash, newTicket());
    expect(parseEntryName(name.ref, 'refs/x/queue', 'release/1')).toEqual(name);
    expect(parseEntryName(name.ref, 'refs/x/queue', 'release')).toBeUndefined();
    expect(isOfAnotherBranch(name.ref, 'refs/x/queue', 'release')).toBe(true);
    expect(isOfAnotherBranch(name.ref, 'refs/x/queue', 'release/1')).toBe(false);
  });

  test.each([0, 1, 1_700_000_000_000, 8.64e15, -5, 1.5])('a clock at %d makes a ticket', (now) => {
    expect(newTicket(now)).toMatch(/^\d{15}-[0-9a-f]{16}$/);
  });

  test('tickets are in the order of their times', () => {
    expect(newTicket(9) < newTicket(10)).toBe(true);
    expect(newTicket(999_999_999_999) < newTicket(1_000_000_000_000)).toBe(true);
  });
});
