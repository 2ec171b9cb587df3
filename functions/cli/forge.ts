export const forgeCommand = async (_s: string, _o: string): Promise<number> => 2
