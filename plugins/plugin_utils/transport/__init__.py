# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How questions and steps reach a host. The only room of plugin_utils that knows Ansible."""
