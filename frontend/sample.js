/** A picture for whoever has none at hand: hills under a low sun, never twice the same. */

const WIDTH = 1600;
const HEIGHT = 1200;

/** Sky above, sky below, and the hills from far to near. */
const MOODS = [
  ["#20364f", "#f2a65a", "#8c6a72", "#5d4a5e", "#33304a", "#171a2c"],
  ["#bfd7ea", "#f7ecd8", "#9fb8ad", "#6f9a8d", "#3f6f63", "#1f453d"],
  ["#3b1f4a", "#f28482", "#b5607a", "#7f3f6a", "#4a2a58", "#241638"],
  ["#8fb8de", "#fbe3c0", "#d9a679", "#b0713f", "#6e4328", "#382318"],
];

/** @returns {Promise<File>} */
export async function samplePicture() {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const paint = canvas.getContext("2d");
  if (!paint) throw new Error("This browser cannot draw.");
  draw(paint, MOODS[Math.floor(Math.random() * MOODS.length)]);
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
  if (!blob) throw new Error("This browser cannot encode a picture.");
  return new File([blob], "hills.jpg", { type: "image/jpeg" });
}

/**
 * @param {CanvasRenderingContext2D} paint
 * @param {string[]} mood
 */
function draw(paint, [above, below, ...hills]) {
  const sky = paint.createLinearGradient(0, 0, 0, HEIGHT * 0.7);
  sky.addColorStop(0, above);
  sky.addColorStop(1, below);
  paint.fillStyle = sky;
  paint.fillRect(0, 0, WIDTH, HEIGHT);
  sun(paint, WIDTH * (0.25 + Math.random() * 0.5), HEIGHT * (0.3 + Math.random() * 0.15));
  hills.forEach((colour, index) => {
    paint.fillStyle = colour;
    ridge(paint, HEIGHT * (0.5 + index * 0.13), 90 - index * 10);
  });
}

/**
 * @param {CanvasRenderingContext2D} paint
 * @param {number} x
 * @param {number} y
 */
function sun(paint, x, y) {
  const glow = paint.createRadialGradient(x, y, 40, x, y, 420);
  glow.addColorStop(0, "#fff6e0");
  glow.addColorStop(0.16, "#fff3d6cc");
  glow.addColorStop(1, "#fff3d600");
  paint.fillStyle = glow;
  paint.fillRect(0, 0, WIDTH, HEIGHT);
}

/**
 * @param {CanvasRenderingContext2D} paint
 * @param {number} level
 * @param {number} height
 */
function ridge(paint, level, height) {
  const waves = [1.3, 2.9, 6.1].map((pace, index) => ({ pace: pace + Math.random(), phase: Math.random() * 7, size: height / (index * 1.6 + 1) }));
  paint.beginPath();
  paint.moveTo(0, HEIGHT);
  for (let x = 0; x <= WIDTH; x += 8) {
    const y = waves.reduce((sum, { pace, phase, size }) => sum + size * Math.sin((x / WIDTH) * pace * Math.PI + phase), level);
    paint.lineTo(x, y);
  }
  paint.lineTo(WIDTH, HEIGHT);
  paint.fill();
}
