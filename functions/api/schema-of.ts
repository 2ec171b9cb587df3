import { z } from 'zod'

/** The JSON Schema of what is sent to us (`input`, before defaults) or by us. */
export const schemaOf = (schema: z.ZodType, io: 'input' | 'output') => {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io })
  return rest
}
