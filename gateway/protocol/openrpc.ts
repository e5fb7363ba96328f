// The contract as an OpenRPC document: what rpc.discover answers.
import { z } from 'zod';
import type { Method, Notification } from './contract.ts';
import type { ProblemKind } from './problems.ts';

interface Contract {
  readonly version: string;
  readonly methods: Readonly<Record<string, Method>>;
  readonly notifications: Readonly<Record<string, Notification>>;
  readonly problems: Readonly<Record<string, ProblemKind>>;
}

/** OpenRPC 1.3.2. Parameters are by name; notifications are listed under x-notifications. */
export function openRpcDocument({
  version,
  methods,
  notifications,
  problems,
}: Contract): Record<string, unknown> {
  return {
    openrpc: '1.3.2',
    info: { title: 'Holdfast gateway', version, license: { name: 'MIT' } },
    methods: Object.entries(methods).map(([name, method]) => ({
      name,
      summary: method.summary,
      paramStructure: 'by-name',
      params: paramsOf(method.params),
      result: { name: 'result', schema: schemaOf(method.result, 'output') },
      errors: method.problems.map((problem) => ({
        code: problems[problem]?.code,
        message: problems[problem]?.meaning,
        data: { problem },
      })),
    })),
    'x-notifications': Object.entries(notifications).map(([name, { summary, params }]) => ({
      name,
      summary,
      params: schemaOf(params, 'output'),
    })),
  };
}

function paramsOf(params: z.ZodType): unknown[] {
  const { properties = {}, required = [] } = schemaOf(params, 'input');
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    required: required.includes(name),
    schema,
  }));
}

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): z.core.JSONSchema.BaseSchema =>
  z.toJSONSchema(schema, { io, unrepresentable: 'any' });
