/** Copies bytes from one place to another. */
export function copy(bytes: i32, from: usize, to: usize): void {
  memory.copy(to, from, bytes);
}
