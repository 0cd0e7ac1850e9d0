// A client as a frontend would begin it: every address, parameter, answer and problem comes from the generated types.
import type { components, paths } from "./rung";

type Get = { [Path in keyof paths]: paths[Path] extends { get: { responses: { 200: unknown } } } ? Path : never }[keyof paths];
type Operation<Path extends Get> = paths[Path]["get"];
type Answer<Path extends Get> = Operation<Path> extends {
  responses: { 200: { content: { "application/json": infer Body } } };
}
  ? Body
  : never;
type Parameters<Path extends Get> = Pick<Operation<Path>["parameters"], "path" | "query">;

export type Problem = components["schemas"]["Problem"];
export type Award = components["schemas"]["AwardView"];
export type Total = components["schemas"]["BonusTotal"];

export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

export class Rung {
  constructor(
    private readonly address: string,
    private readonly token: string,
  ) {}

  async get<Path extends Get>(path: Path, parameters: Parameters<Path>): Promise<Answer<Path>> {
    const inPath: Record<string, string | number> = { ...parameters.path };
    const target = new URL(
      path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(inPath[name] ?? ""))),
      this.address,
    );
    for (const [name, value] of Object.entries(parameters.query ?? {})) {
      if (value !== undefined && value !== null) target.searchParams.set(name, String(value));
    }
    const answer = await fetch(target, { headers: { Accept: "application/json", Authorization: `Bearer ${this.token}` } });
    if (!answer.ok) throw new Refused((await answer.json()) as Problem);
    return (await answer.json()) as Answer<Path>;
  }

  awards(educator_id: string): Promise<Award[]> {
    return this.get("/credentials/v1/educators/{educator_id}/awards", { path: { educator_id } });
  }

  async *totals(plan_year: string): AsyncGenerator<Total> {
    let cursor: string | null = null;
    do {
      const page: Answer<"/compensation/v1/bonus-totals"> = await this.get("/compensation/v1/bonus-totals", {
        query: { plan_year, cursor },
      });
      yield* page.items;
      cursor = page.next ?? null;
    } while (cursor !== null);
  }
}

export async function showBonus(rung: Rung, educator: string): Promise<string> {
  try {
    for await (const total of rung.totals("2020-21")) {
      if (total.educator_id === educator) return `${total.rung}: ${total.total.currency} ${total.total.amount}`;
    }
    return "no bonus yet";
  } catch (error) {
    if (error instanceof Refused && error.problem.code === "insufficient-scope") return "for payroll and HR only";
    throw error;
  }
}
