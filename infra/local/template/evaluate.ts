import { TemplateError } from './template.ts'

/** What the intrinsic functions of a template look up while it is evaluated. */
export type Scope = {
  /** `Ref`: a parameter, a pseudo parameter or a resource. */
  readonly ref: (name: string) => unknown
  readonly attribute: (logicalId: string, attribute: string) => unknown
  readonly condition: (name: string) => boolean
  readonly mapping: (map: string, key: string, name: string) => unknown
}

/** `AWS::NoValue`: the property or list element that holds it is left out. */
export const noValue = Symbol('AWS::NoValue')

/**
 * A value of the template with every intrinsic function replaced by what it stands for.
 * Throws a `TemplateError` for a function that is not known here.
 * Functions: "Intrinsic function reference" of the CloudFormation template reference.
 */
export const evaluate = (value: unknown, scope: Scope): unknown => {
  if (Array.isArray(value)) return value.map((element) => evaluate(element, scope)).filter((e) => e !== noValue)
  if (!isObject(value)) return value
  const keys = Object.keys(value)
  const name = keys.length === 1 ? keys[0] : ''
  if (name === 'Ref' || name === 'Condition' || name.startsWith('Fn::')) return call(name, value[name], scope)
  const entries = Object.entries(value).map(([key, inner]) => [key, evaluate(inner, scope)] as const)
  return Object.fromEntries(entries.filter(([, inner]) => inner !== noValue))
}

const call = (name: string, argument: unknown, scope: Scope): unknown => {
  const list = (): unknown[] => {
    const values = evaluate(argument, scope)
    if (!Array.isArray(values)) throw new TemplateError(`${name} needs a list, but has ${JSON.stringify(argument)}.`)
    return values
  }
  switch (name) {
    case 'Ref':
      return scope.ref(String(argument))
    case 'Condition':
      // `{ Condition: name }` is a reference inside `Conditions`; a policy statement's `Condition` holds an object.
      return typeof argument === 'string' ? scope.condition(argument) : { Condition: evaluate(argument, scope) }
    case 'Fn::GetAtt':
      return getAttribute(argument, scope)
    case 'Fn::Join': {
      const [separator, parts] = list()
      return textList(name, parts).join(text(name, separator))
    }
    case 'Fn::Split': {
      const [separator, whole] = list()
      return text(name, whole).split(text(name, separator))
    }
    case 'Fn::Select': {
      const [index, from] = list()
      const chosen = Array.isArray(from) ? from[Number(index)] : undefined
      if (chosen === undefined) throw new TemplateError(`Fn::Select finds no element ${index}.`)
      return chosen
    }
    case 'Fn::Sub':
      return substitute(argument, scope)
    case 'Fn::FindInMap': {
      const [map, key, inner] = textList(name, list())
      return evaluate(scope.mapping(map, key, inner), scope)
    }
    case 'Fn::If': {
      // The branch not taken may refer to what does not exist, so it is not evaluated.
      const [condition, then, otherwise] = argument as [string, unknown, unknown]
      return evaluate(scope.condition(condition) ? then : otherwise, scope)
    }
    case 'Fn::Equals': {
      const [left, right] = list()
      return JSON.stringify(left) === JSON.stringify(right)
    }
    case 'Fn::And':
      return list().every(Boolean)
    case 'Fn::Or':
      return list().some(Boolean)
    case 'Fn::Not':
      return !list()[0]
    default:
      throw new TemplateError(`The template uses ${name}, which the local stack does not know.`)
  }
}

/** `["Id", "Attribute"]`, or `"Id.Attribute"`. */
const getAttribute = (argument: unknown, scope: Scope): unknown => {
  const [id, ...rest] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.')
  return scope.attribute(id, rest.join('.'))
}

/** `${Name}`, `${Id.Attribute}`, `${Variable}` of the second argument, and `${!Literal}` for itself. */
const substitute = (argument: unknown, scope: Scope): string => {
  const [template, variables] = Array.isArray(argument) ? argument : [argument, {}]
  const given = evaluate(variables, scope) as Record<string, unknown>
  return text('Fn::Sub', template).replace(/\$\{([^}]+)\}/g, (_, inside: string) => {
    if (inside.startsWith('!')) return `\${${inside.slice(1)}}`
    if (Object.hasOwn(given, inside)) return text('Fn::Sub', given[inside])
    return text('Fn::Sub', inside.includes('.') ? getAttribute(inside, scope) : scope.ref(inside))
  })
}

const text = (name: string, value: unknown): string => {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new TemplateError(`${name} needs text, but has ${JSON.stringify(value)}.`)
}

const textList = (name: string, values: unknown): string[] => {
  if (!Array.isArray(values)) throw new TemplateError(`${name} needs a list, but has ${JSON.stringify(values)}.`)
  return values.map((value) => text(name, value))
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
