interface Codec<Message> {
  encode(message: Message): { finish(): Uint8Array }
}

/** Whether two messages say the same: they are written by the same code, so their bytes are comparable. */
export function sameContent<Message>(codec: Codec<Message>, a: Message, b: Message): boolean {
  return Buffer.compare(codec.encode(a).finish(), codec.encode(b).finish()) === 0
}
