/** Colours computed from the dealer's one accent colour, so that every text on it or in it keeps a contrast of AA. */

const AA = 4.5;
const LIGHT = { surface: [255, 255, 255], soft: 0.09, line: 1.6, words: 4.5 };
const DARK = { surface: [22, 26, 28], soft: 0.24, line: 2.4, words: 6.5 };
const WHITE = [255, 255, 255];
const BLACK = [12, 16, 18];

/** Custom properties for a "#rrggbb" accent, or null where the text is no such colour. */
export function accentProperties(accent, dark) {
  const colour = parse(accent);
  if (!colour) return null;
  const scheme = dark ? DARK : LIGHT;
  const fill = dark ? readable(colour, scheme.surface, 3) : colour;
  const ink = contrast(fill, WHITE) >= AA ? WHITE : contrast(fill, BLACK) >= AA ? BLACK : WHITE;
  const soft = mix(colour, scheme.surface, scheme.soft);
  return {
    "--accent": text(contrast(fill, ink) >= AA ? fill : readable(fill, ink, AA)),
    "--accent-ink": text(ink),
    "--accent-text": text(readable(colour, soft, scheme.words)),
    "--accent-soft": text(soft),
    "--accent-line": text(towards(colour, scheme.surface, scheme.line)),
  };
}

/** Moves `colour` away from `background` until the contrast is reached. */
function readable(colour, background, wanted) {
  const target = luminance(background) > 0.3 ? BLACK : WHITE;
  for (let share = 0; share <= 1; share += 0.05) {
    const candidate = mix(target, colour, share);
    if (contrast(candidate, background) >= wanted) return candidate;
  }
  return target;
}

/** The faintest tint of `colour` that stands out from `background` by the wanted contrast. */
function towards(colour, background, wanted) {
  for (let share = 0.2; share < 1; share += 0.05) {
    const candidate = mix(colour, background, share);
    if (contrast(candidate, background) >= wanted) return candidate;
  }
  return readable(colour, background, wanted);
}

function parse(accent) {
  const match = /^#([0-9a-f]{6})$/i.exec((accent ?? "").trim());
  return match && [0, 2, 4].map((at) => parseInt(match[1].slice(at, at + 2), 16));
}

function text(colour) {
  return `rgb(${colour.map(Math.round).join(" ")})`;
}

function mix(colour, other, share) {
  return colour.map((value, index) => value * share + other[index] * (1 - share));
}

/** Relative luminance and contrast as WCAG 2 defines them. */
function luminance(colour) {
  const [red, green, blue] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}
