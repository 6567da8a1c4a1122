/** EC2 as a watch sees it: what EC2 answers, and what the watch remembers of its own launches. */
import type { LaunchRequest } from "../core/launch/refusal.ts";
import { FleetError } from "../errors.ts";
import type { Clock, Cloud, FleetQuery } from "../tick/ports.ts";
import type { LaunchMemory } from "./memory.ts";

/** Puts the memory between a tick and EC2. */
export function rememberingCloud({ fleet, launcher, apiCalls }: Cloud, memory: LaunchMemory, clock: Clock): Cloud {
	const ask = async (...[request, deadline, confirmLock]: Parameters<typeof launcher.launch>) => {
		const at = clock.now();
		const outcome = await launcher.launch(request, deadline, confirmLock);
		memory.record(request, outcome, at);
		return outcome;
	};
	const read = async (query: FleetQuery) => {
		try {
			return memory.supplement(await fleet.read(query), clock.now());
		} catch (error) {
			if (!(error instanceof FleetError) || error.machines === null) throw error;
			throw error.with(memory.supplement(error.machines, clock.now()));
		}
	};
	return {
		apiCalls,
		fleet: { read },
		launcher: {
			adopt: (adoption, deadline) => launcher.adopt(adoption, deadline),
			finishNaming: () => launcher.finishNaming(),
			rehearse: (request, deadline) => launcher.rehearse(request, deadline),
			launch: async (request, deadline, confirmLock) => {
				const advice = memory.advise(request, clock.now());
				if (advice.kind === "skip") return { launched: [], refusal: advice.refusal, namingFailures: [] };
				if (advice.kind === "ask" || request.count === 1) return ask(request, deadline, confirmLock);
				const outcome = await ask(oneOf(request), deadline, confirmLock);
				const { code, message } = PROBED;
				const more = { kind: "no-capacity" as const, code, message, suggestedZones: [] };
				return { ...outcome, refusal: outcome.refusal ?? more };
			},
		},
	};
}

const PROBED = {
	code: "probe",
	message:
		"EC2 had no capacity here some minutes ago, so only one instance was requested. The next tick requests more.",
};

function oneOf(request: LaunchRequest): LaunchRequest {
	return { ...request, count: 1, names: request.names?.slice(0, 1) ?? null };
}
