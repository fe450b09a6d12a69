/** A FileDescriptorSet of all protos, as `npm run generate` makes it. */
export const descriptorSet = new URL('./gen/descriptors.binpb', import.meta.url)
