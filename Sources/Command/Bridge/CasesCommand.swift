import ArgumentParser

struct CasesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cases", abstract: "The cases of the structured exchange.",
    subcommands: [CasesLoad.self, CasesList.self, CasesShow.self, CasesMessages.self])
}
