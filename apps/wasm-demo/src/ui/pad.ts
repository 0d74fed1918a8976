import type { Reading } from '../worker/protocol';

/** The side of the canvas, in its own pixels. */
export const side = 280;
/** As thick as MNIST's lines, which are about 2 out of 20 pixels. */
const lineWidth = 22;
/** Light, on a canvas that is always dark, like MNIST's images. */
const inkColor = [255, 255, 255];
/** For this long after a pen was last seen, in milliseconds, touches on the canvas are taken to be the hand holding it. */
const palmTime = 500;

interface PadUse {
  read: (image: ImageData) => Promise<Reading>;
  /** Receives undefined when the drawing is empty again. */
  onRead: (reading: Reading | undefined) => void;
  onEmpty: (isEmpty: boolean) => void;
}

interface Place {
  x: number;
  y: number;
}

/** A line being drawn. */
interface Stroke {
  pointer: number;
  /** `mouse`, `pen`, or `touch`. */
  type: string;
  last: Place;
  /** The canvas without it. */
  before: { image: ImageData; isEmpty: boolean };
}

/** A canvas to draw on, which is read after each movement, one reading at a time. */
export class Pad {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #use: PadUse;
  readonly #stop = new AbortController();
  #stroke: Stroke | undefined;
  /** When a pen was last seen, drawing or hovering over the page. */
  #penSeen = Number.NEGATIVE_INFINITY;
  #isEmpty = true;
  #reading = false;
  #stale = false;

  constructor(canvas: HTMLCanvasElement, use: PadUse) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d', { willReadFrequently: true })!;
    this.#use = use;
    const { signal } = this.#stop;
    canvas.addEventListener('pointerdown', (event) => this.#begin(event), { signal });
    // In the capture phase of the window, so that a stroke is also followed and ended outside the canvas if the browser
    // provides no pointer capture.
    const onWay = { signal, capture: true };
    window.addEventListener('pointermove', (event) => this.#move(event), onWay);
    window.addEventListener('pointerup', (event) => this.#end(event), onWay);
    window.addEventListener('lostpointercapture', (event) => this.#end(event), onWay);
    window.addEventListener('pointercancel', (event) => this.#cancel(event), onWay);
    // A release while another window has the focus is not always reported.
    window.addEventListener('blur', () => this.#release(), { signal });
  }

  dispose(): void {
    this.#stop.abort();
  }

  /** Clears everything, including the stroke being drawn. */
  clear(): void {
    this.#release();
    this.#context.clearRect(0, 0, side, side);
    this.#setEmpty(true);
    this.#use.onRead(undefined);
  }

  /** Puts an image of 28 × 28 bytes on the canvas. */
  show(pixels: Uint8Array): void {
    this.clear();
    const image = new ImageData(28, 28);
    for (let i = 0; i < pixels.length; i++) image.data.set([...inkColor, pixels[i]], 4 * i);
    const small = document.createElement('canvas');
    small.width = small.height = 28;
    small.getContext('2d')!.putImageData(image, 0, 0);
    this.#context.drawImage(small, 0, 0, side, side);
    this.#setEmpty(false);
    this.read();
  }

  /** Reads the drawing; if a reading is in progress, once more after it. */
  read(): void {
    if (this.#isEmpty) return;
    if (this.#reading) {
      this.#stale = true;
      return;
    }
    this.#reading = true;
    this.#stale = false;
    this.#use
      .read(this.#image())
      .then((reading) => {
        if (!this.#isEmpty) this.#use.onRead(reading);
      })
      // The session reports what is wrong.
      .catch(() => {})
      .finally(() => {
        this.#reading = false;
        if (this.#stale) this.read();
      });
  }

  #image(): ImageData {
    return this.#context.getImageData(0, 0, side, side);
  }

  #setEmpty(isEmpty: boolean): void {
    this.#isEmpty = isEmpty;
    this.#use.onEmpty(isEmpty);
  }

  #begin(event: PointerEvent): void {
    this.#seePen(event);
    if (event.button !== 0 || !this.#mayBegin(event)) return;
    this.#release();
    const { pointerId: pointer, pointerType: type } = event;
    const place = this.#place(event);
    const before = { image: this.#image(), isEmpty: this.#isEmpty };
    this.#stroke = { pointer, type, last: place, before };
    try {
      // So that a mouse is also followed outside the window.
      this.#canvas.setPointerCapture(pointer);
    } catch {
      // A pointer may already be gone, or locked.
    }
    this.#dot(place);
  }

  /** Whether a pointer may draw; of several that touch the canvas, only one does. */
  #mayBegin({ pointerId, pointerType, isPrimary, timeStamp }: PointerEvent): boolean {
    if (pointerType === 'touch' && timeStamp - this.#penSeen < palmTime) return false;
    const stroke = this.#stroke;
    if (stroke === undefined) return true;
    if (pointerType === 'pen' && stroke.type === 'touch') {
      // The palm touched down before the pen.
      this.#takeOff(stroke);
      return true;
    }
    // The end of a stroke may not have been reported: there is only one primary pointer per type at a time.
    return pointerId === stroke.pointer || (isPrimary && pointerType === stroke.type);
  }

  #move(event: PointerEvent): void {
    this.#seePen(event);
    const stroke = this.#stroke;
    if (event.pointerId !== stroke?.pointer) return;
    // While another button is held, releasing the first does not fire `pointerup`.
    if (event.pointerType === 'mouse' && (event.buttons & 1) === 0) {
      this.#release();
      return;
    }
    // Between two frames, a pen reports more than one position.
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length > 0 ? moves : [event]) this.#line(stroke, this.#place(move));
  }

  #end(event: PointerEvent): void {
    this.#seePen(event);
    if (event.pointerId === this.#stroke?.pointer) this.#release();
  }

  /** The browser has taken over the pointer for something else, such as a system gesture. */
  #cancel(event: PointerEvent): void {
    this.#seePen(event);
    const stroke = this.#stroke;
    if (event.pointerId === stroke?.pointer) this.#takeOff(stroke);
  }

  /** Ends the stroke as it is. */
  #release(): void {
    this.#stroke = undefined;
  }

  #takeOff({ before }: Stroke): void {
    this.#release();
    this.#context.putImageData(before.image, 0, 0);
    this.#setEmpty(before.isEmpty);
    if (before.isEmpty) this.#use.onRead(undefined);
    else this.read();
  }

  #seePen({ pointerType, timeStamp }: PointerEvent): void {
    if (pointerType === 'pen') this.#penSeen = timeStamp;
  }

  /** A line of zero length has no ink, and a dot is such a line. */
  #dot({ x, y }: Place): void {
    const context = this.#context;
    context.fillStyle = `rgb(${inkColor})`;
    context.beginPath();
    context.arc(x, y, lineWidth / 2, 0, 2 * Math.PI);
    context.fill();
    this.#inked();
  }

  #line(stroke: Stroke, to: Place): void {
    const context = this.#context;
    context.strokeStyle = `rgb(${inkColor})`;
    context.lineWidth = lineWidth;
    context.lineCap = 'round';
    context.lineJoin = 'round';
    context.beginPath();
    context.moveTo(stroke.last.x, stroke.last.y);
    context.lineTo(to.x, to.y);
    context.stroke();
    stroke.last = to;
    this.#inked();
  }

  #inked(): void {
    this.#setEmpty(false);
    this.read();
  }

  /** The position of an event on the canvas, within its border. */
  #place({ clientX, clientY }: MouseEvent): Place {
    const { left, top } = this.#canvas.getBoundingClientRect();
    const { clientLeft, clientTop, clientWidth, clientHeight } = this.#canvas;
    return {
      x: ((clientX - left - clientLeft) * side) / clientWidth,
      y: ((clientY - top - clientTop) * side) / clientHeight,
    };
  }
}
