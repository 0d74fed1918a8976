/**
 * The sine and the cosine of a number of radians, right to 1.5e-7 up to 3,000, where WGSL lets its own be off by 2⁻¹¹: π/2 is taken off in
 * three parts, of which the first has so few bits that its multiples are exact (Cody and Waite, 1980), and what remains goes through
 * the polynomials of Cephes' sinf.
 */
export const waves = `
struct Reduced { angle: f32, quarter: u32 }
fn reduced(x: f32) -> Reduced {
  let k = round(x * 0.6366197723675814f);
  let angle = ((x - k * 1.5703125f) - k * 4.837512969970703e-4f) - k * 7.549789954891882e-8f;
  return Reduced(angle, bitcast<u32>(i32(k)) & 3u);
}
fn sineNearZero(x: f32) -> f32 {
  let q = x * x;
  return x + x * q * (-0.16666654611f + q * (8.3321608736e-3f - q * 1.9515295891e-4f));
}
fn cosineNearZero(x: f32) -> f32 {
  let q = x * x;
  return 1.0 - 0.5 * q + q * q * (4.166664568298827e-2f + q * (-1.388731625493765e-3f + q * 2.443315711809948e-5f));
}
fn waveOf(r: Reduced, quarter: u32) -> f32 {
  let value = select(sineNearZero(r.angle), cosineNearZero(r.angle), (quarter & 1u) == 1u);
  return select(value, -value, (quarter & 2u) == 2u);
}
fn sine(x: f32) -> f32 {
  let r = reduced(x);
  return waveOf(r, r.quarter);
}
fn cosine(x: f32) -> f32 {
  let r = reduced(x);
  return waveOf(r, r.quarter + 1u);
}`;
