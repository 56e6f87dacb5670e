import type { Deployment } from "../../core/domain/index.ts";
import type { FoundProblem } from "../deployment/index.ts";

/** Chains that nobody could complete: an action that needs two persons where one may answer waits for nothing. */
export function approvalProblems({ gate, operators }: Deployment): FoundProblem[] {
  const { persons, highRiskPersons, escalation, delegations } = gate.approvals;
  const path = ["gate", "approvals"];
  const names = operators.map((one) => one.name);
  const may = operators.filter((one) => one.roles.includes("approve")).map((one) => one.name);
  const able = new Set([...may, ...(escalation?.to ?? [])]).size;
  const risky = Object.values(gate.skills).some((skill) => skill.risk === "high");
  const found: FoundProblem[] = [];
  if (persons > 1 && able < persons)
    found.push({
      path: [...path, "persons"],
      message: `${persons} persons have to say yes, but ${able} may answer; give more operators the role approve`,
    });
  if (risky && highRiskPersons > 1 && able < highRiskPersons)
    found.push({
      path: [...path, "highRiskPersons"],
      message: `a high-risk plan needs ${highRiskPersons} persons, but ${able} may answer; give more operators the role approve, or state highRiskPersons: ${Math.max(1, able)}`,
    });
  for (const name of escalation?.to ?? [])
    if (!names.includes(name))
      found.push({ path: [...path, "escalation", "to"], message: `no operator is called "${name}"` });
  delegations.forEach(({ from, to }, i) => {
    if (!may.includes(from))
      found.push({
        path: [...path, "delegations", i, "from"],
        message: `"${from}" is no operator with the role approve, so nobody can stand in for it`,
      });
    if (!names.includes(to))
      found.push({ path: [...path, "delegations", i, "to"], message: `no operator is called "${to}"` });
  });
  return found;
}
