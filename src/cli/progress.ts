import { escapeText } from '../diff/escape';
import type { Host, ProgressEvent } from '../toolkit/host';
import type { Colors, Stream } from './terminal';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_TIME = 80;
const CLEAR = '\r\u001b[2K';

export interface ProgressOptions {
  readonly stream: Stream;
  readonly colors: Colors;
  /** Draw one line over and over; else, print a line for each event. */
  readonly interactive: boolean;
  /** Warnings only. */
  readonly quiet: boolean;
  readonly onEvent?: (event: ProgressEvent) => void;
}

/** A host that shows progress on a stream. */
export interface ProgressHost extends Required<Host> {
  /** Leaves the stream at the start of an empty line. */
  end(): void;
}

/** Tells people of progress: on a terminal in one line that is drawn over, elsewhere line by line. */
export function progressHost({ stream, colors, interactive, quiet, onEvent }: ProgressOptions): ProgressHost {
  let message = '';
  let frame = 0;
  let timer: NodeJS.Timeout | undefined;
  let isLineOpen = false;

  const draw = (): void => {
    // A frame would be drawn over what the program is still writing.
    if (isLineOpen) return;
    const width = Math.max(20, (stream.columns || 80) - 4);
    const text = message.length > width ? `${message.slice(0, width - 1)}…` : message;
    stream.write(`${CLEAR}${colors.cyan(FRAMES[frame % FRAMES.length] ?? '')} ${text}`);
    frame++;
  };
  const clear = (): void => {
    if (timer !== undefined && !isLineOpen) stream.write(CLEAR);
  };
  const stop = (): void => {
    clear();
    clearInterval(timer);
    timer = undefined;
  };
  const endLine = (): void => {
    if (isLineOpen) stream.write('\n');
    isLineOpen = false;
  };
  const line = (text: string): void => {
    clear();
    endLine();
    stream.write(`${text}\n`);
    if (timer !== undefined) draw();
  };

  return {
    progress(event) {
      onEvent?.(event);
      if (quiet) return;
      message = escapeText(event.message);
      if (event.phase === 'done') stop();
      else if (!interactive) line(message);
      else {
        endLine();
        timer ??= setInterval(draw, FRAME_TIME).unref();
        draw();
      }
    },
    warn(text) {
      line(`${colors.yellow('warning:')} ${text.split('\n').map(escapeText).join('\n')}`);
    },
    output(chunk) {
      clear();
      stream.write(chunk);
      isLineOpen = String(typeof chunk === 'string' ? chunk : Buffer.from(chunk)).endsWith('\n') === false;
    },
    end() {
      stop();
      endLine();
    },
  };
}
