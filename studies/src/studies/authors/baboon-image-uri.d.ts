declare module 'baboon-image-uri' {
  /** A PNG file as a data URI. */
  const uri: string;
  export default uri;
}
