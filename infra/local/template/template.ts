import { z } from 'zod'

/** What the local stack reads of a synthesised CloudFormation template; everything else in it is for AWS alone. */
export const Template = z.looseObject({
  Parameters: z.record(z.string(), z.looseObject({ Type: z.string(), Default: z.unknown().optional() })).default({}),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Resources: z.record(
    z.string(),
    z.looseObject({
      Type: z.string(),
      Properties: z.record(z.string(), z.unknown()).default({}),
      Condition: z.string().optional(),
    }),
  ),
})
export type Template = z.infer<typeof Template>
export type Resource = Template['Resources'][string]

/** The local stack is one account in one region; neither exists anywhere else. */
export const region = 'us-east-1'
export const account = '000000000000'

/** A template that cannot be run here. The message names the resource and what is wrong with it. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError'
}
