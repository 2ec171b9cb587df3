import { isDeepStrictEqual } from 'node:util'
import { App, Validations } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { AwsSolutionsChecks } from 'cdk-nag'
import { DumplineStack } from '../../../infra/aws/dumpline-stack.ts'

// cdk-nag is asked where a test is about it; CDK's own validation takes seconds and belongs to `npm run synth`.
process.env.CDK_VALIDATION = 'false'

/** The stack without its bundles, which take seconds and change nothing in the template but asset hashes. */
export const makeStack = (): { app: App; stack: DumplineStack } => {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } })
  return { app, stack: new DumplineStack(app, 'Dumpline') }
}

export const makeTemplate = (): Template => Template.fromStack(makeStack().stack)

/** What cdk-nag finds and nobody has acknowledged; throws as the app itself would. */
export const nag = (app: App): void => {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  app.synth()
}

type Resource = { readonly Type: string; readonly Properties: Record<string, never>; readonly DependsOn?: string[] }
export const resourcesOf = (template: Template, type: string): Record<string, Resource> =>
  template.findResources(type) as Record<string, Resource>

/** One statement of a policy, with its references as the construct's logical ids. */
export type Allowed = { readonly action: string; readonly resource: string }

type Statement = { Effect: string; Action: unknown; Resource: unknown; Condition?: unknown }

/** The condition of a statement that holds for what the function's own code asks for, and not for what Lambda does for it. */
const ofOwnCode = { ArnLike: { 'lambda:SourceFunctionArn': '*' } }

/** A statement that is there where functions are isolated, which is the default, as well as any other. */
const unconditional = (statement: unknown): Statement => {
  const choice = (statement as { 'Fn::If'?: [string, Statement, unknown] })['Fn::If']
  return choice?.[0] === 'FunctionsAreIsolated' ? choice[1] : (statement as Statement)
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value])

/** The partitions that a grant of a table is held to, if it is held to some. */
const partitionsOf = (condition: unknown): unknown[] | null => {
  const { 'ForAllValues:StringLike': all, Null: none, ...others } = (condition ?? {}) as Record<string, object>
  const key = 'dynamodb:LeadingKeys'
  const isPlain = isDeepStrictEqual([none, others], [{ [key]: 'false' }, {}])
  return isPlain && isDeepStrictEqual(Object.keys(all), [key]) ? list((all as Record<string, unknown>)[key]) : null
}

/** `{ 'Fn::GetAtt': [id, 'Arn'] }` as `id`, a join of one and a text as `id/text`. */
const readable = (value: unknown): string => {
  if (typeof value === 'string') return value
  const reference = value as { 'Fn::GetAtt'?: [string, string]; 'Fn::Join'?: [string, unknown[]]; Ref?: string }
  if (reference['Fn::GetAtt']) return reference['Fn::GetAtt'][0]
  if (reference['Fn::Join']) return reference['Fn::Join'][1].map(readable).join('')
  return reference.Ref ?? JSON.stringify(value)
}

/**
 * Everything a function's role may do, from its inline and attached policies: `action resource`, sorted; where it is held to
 * partitions of a table, one more for each: `action resource in partition`.
 */
export const grantsOf = (template: Template, folder: string): string[] => {
  const fn = Object.values(resourcesOf(template, 'AWS::Lambda::Function')).find(
    ({ Properties }) =>
      (Properties.Environment as { Variables: Record<string, string> }).Variables.POWERTOOLS_SERVICE_NAME === folder,
  )
  if (fn === undefined) throw new Error(`no function ${folder}`)
  const roleId = readable(fn.Properties.Role)
  const role = resourcesOf(template, 'AWS::IAM::Role')[roleId].Properties as unknown as {
    Policies: { PolicyDocument: { Statement: unknown[] } }[]
    ManagedPolicyArns?: unknown
  }
  if (role.ManagedPolicyArns !== undefined) throw new Error(`${folder} has managed policies`)
  const attached = Object.values(resourcesOf(template, 'AWS::IAM::Policy'))
    .map(({ Properties }) => Properties as unknown as { Roles: unknown[]; PolicyDocument: { Statement: unknown[] } })
    .filter(({ Roles }) => Roles.map(readable).includes(roleId))
  const statements = [...role.Policies, ...attached].flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
  return statements
    .flatMap((statement) => {
      const { Effect, Action, Resource, Condition } = unconditional(statement)
      const grants = list(Action).flatMap((action) =>
        list(Resource).map((resource) => `${action} ${readable(resource)}`),
      )
      if (Effect === 'Allow' && Condition === undefined) return grants
      const partitions = partitionsOf(Condition)
      if (Effect === 'Allow' && partitions !== null)
        return grants.flatMap((grant) => partitions.map((partition) => `${grant} in ${partition}`))
      if (Effect === 'Deny' && isDeepStrictEqual(Condition, ofOwnCode))
        return grants.map((grant) => `not its code: ${grant}`)
      throw new Error(
        `${folder} has a statement that is neither a plain grant, nor of partitions, nor about its own code`,
      )
    })
    .map((grant) => grant.replace(/(\w+?)[0-9A-F]{8}(?=$|\/| in )/, '$1'))
    .sort()
}
