import { join } from 'node:path'
import { App, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { DumplineStack } from './dumpline-stack.ts'

/**
 * `cdk synth` runs this, and so does `npx node infra/aws/app.ts`: same template in cdk.out, no credentials, no Docker.
 * The stack names no account or region, so one template serves them all.
 */
const app = new App({ outdir: process.env.CDK_OUTDIR ?? join(import.meta.dirname, '..', '..', 'cdk.out') })
new DumplineStack(app, 'Dumpline', { description: 'dumpline: which driver is eating kernel pool, and how we know' })
Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
app.synth()
